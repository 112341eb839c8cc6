"""Reports: terminal, HTML, Markdown, JUnit and JSON, from results alone."""
