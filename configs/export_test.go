package configs

// BuiltIn is the embedded restante.yaml.
var BuiltIn = builtIn
