"""Charts as HTML with SVG inside: the drawing stretches with the page, the text does not."""
