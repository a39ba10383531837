"""Where the service is and who calls: options, environment, profile and defaults, in that order."""
