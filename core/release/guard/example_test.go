package guard_test

import (
	"fmt"

	"github.com/usher-id/usher/core/release/guard"
)

// A candidate with a tenth of the traffic that goes bad after a minute.
func ExampleState_Observe() {
	var state guard.State
	for second := range 120 {
		failed := int64(0)
		if second >= 60 {
			failed = 2
		}
		w := window(second, failed, 10, 1, 90)
		w.Hook = "signup.validate"
		alarm := state.Observe(guard.Config{}, w)
		if alarm != nil {
			fmt.Print(alarm)
			break
		}
	}
	// Output:
	// the candidate fails more often than its predecessor: signup.validate at 08:01:06 UTC
	//   since 08:01:00 UTC: 12 of the candidate's 60 runs failed (20.0 %, 95 % interval 7.1 % to 39.6 %); 6 of the predecessor's 540 (1.1 %, 95 % interval 0.16 % to 3.6 %)
	//   in the whole rollout: 14 of the candidate's 670 runs failed (2.1 %, 95 % interval 0.67 % to 4.7 %); 67 of the predecessor's 6,030 (1.1 %, 95 % interval 0.66 % to 1.7 %)
	//   allowed: the candidate may have 1.5 times the predecessor's rate and 0.1 % more
	//   evidence: 15,000 to 1; a candidate within what is allowed comes to that by chance in fewer than 1 of 3,900 rollouts
	//   weighed most: signup.validate until 08:01:06 UTC, candidate 2 of 10, predecessor 1 of 90: evidence ×7.45
	//   weighed most: signup.validate until 08:01:05 UTC, candidate 2 of 10, predecessor 1 of 90: evidence ×7.25
	//   weighed most: signup.validate until 08:01:04 UTC, candidate 2 of 10, predecessor 1 of 90: evidence ×6.94
}

func ExampleState_Verdict() {
	var state guard.State
	for second := range 600 {
		w := window(second, 0, 50, one(second%50 == 0), 50)
		w.Candidate.Denied, w.Serving.Denied = 5, 5
		state.Observe(guard.Config{}, w)
	}
	fmt.Print(state.Verdict(guard.Config{}))
	// Output:
	// nothing speaks against the candidate, and more traffic is needed to show that it is no worse than allowed
	//   failures: 0 of the candidate's 30,000 runs failed (0 %, 95 % interval 0 % to 0.029 %); 12 of the predecessor's 30,000 (0.04 %, 95 % interval 0.0092 % to 0.11 %); no worse than 1.5 times the predecessor and 0.1 % more, with 95 % confidence
	//   denials: 3,000 of the candidate's 30,000 runs were denied (10.0 %, 95 % interval 9.3 % to 10.7 %); 3,000 of the predecessor's 30,000 (10.0 %, 95 % interval 9.3 % to 10.7 %); no worse than 1.5 times the predecessor and 1 % more, with 95 % confidence
	//   fewer_denials: the predecessor denies no more than 1.5 times as many and 1 %, with 95 % confidence
	//   latency: nothing was counted; too little to say more
}
