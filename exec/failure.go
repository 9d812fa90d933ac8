package exec

// Failure is what ends a task from where no error can be given: the runtime recovers it and
// the task fails with Err. It is for accumulators of user functions, whose interface has no
// errors because built-in ones have none.
type Failure struct{ Err error }

// Check panics with a Failure if err is one.
func Check(err error) {
	if err != nil {
		panic(Failure{err})
	}
}
