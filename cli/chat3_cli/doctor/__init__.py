"""`chat3 doctor`: looks at each step between here and updates, and says what is wrong."""
