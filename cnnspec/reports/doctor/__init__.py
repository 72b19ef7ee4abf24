"""What `doctor` found."""
