"""Running a Graph: `plain` layer by layer as defined, `plan` compiled for speed."""
