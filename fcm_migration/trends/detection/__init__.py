"""Detection: deviance residuals, the common factor of a scope, and the rules of an alert."""
