package configs

import "reflect"

// BuiltIn is the embedded restante.yaml.
var BuiltIn = builtIn

// EnvNames gives the variables of all settings outside the lists, by key.
func EnvNames() map[string]string {
	out := map[string]string{}
	for key := range scalars(reflect.TypeFor[Settings](), "") {
		out[key] = envName(key)
	}
	return out
}
