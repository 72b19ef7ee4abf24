"""Darknet -> layers: sections (`cfg`), numbers (`numbers`), each section in the words of the language (`layers`), and
the whole way (`model`). No package is needed."""
