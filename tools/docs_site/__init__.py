"""The documentation's site: what MkDocs cannot know of this repository, and checks of it."""
