"""Systems that chaoskit did not start: nothing of them is brought up, entered or taken down."""
