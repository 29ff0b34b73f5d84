package functions

// Signature declares the parameters that a function takes and what it returns.
// Types are Int, Float, Text, Bool and Array[T], nested at will.
type Signature struct {
	Inputs  []Param `json:"Inputs,omitempty"`
	Outputs []Param `json:"Outputs,omitempty"`
}

// Param is one named, typed value.
type Param struct {
	Name string `json:"Name"`
	Type string `json:"Type"`
}
