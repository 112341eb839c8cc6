"""What several tests of running labs share."""
