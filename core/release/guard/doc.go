// Package guard decides, while a candidate runs beside its predecessor, whether it is worse, and shows why. It is
// arithmetic on plain data: no clock, no database, no network. Who evaluates, about once a second, hands a [Window] for
// each hook to [State.Observe] and stores the state; an [Alarm] is the reason to roll back, and a [Verdict] what can be
// said for a candidate before it is promoted. What versions cost in the end is compared by package cost.
//
//	window.go    what is counted, and in which unit
//	once.go      the first call of a run to a hook
//	evalue.go    the e-value of one window, with its proof
//	state.go     the windows of a rollout multiplied, stored between evaluations
//	alarm.go     the evidence, in words
//	verdict.go   the evidence for the candidate, in words
//	interval.go  the interval of a rate
//
// # The question
//
// Four metrics: failures, denials, fewer denials (a check that lets everything through is a hole) and latency (calls
// slower than about twice the predecessor's p95). A candidate is within what is allowed while its rate is at most
// [Limit].Ratio times the predecessor's at the same time and [Limit].Floor more. So a predecessor that fails as well
// is no evidence against a candidate, and a lone failure among thousands of runs is none beside one that never fails.
//
// # The test
//
// One looks every second, for as long as the rollout lasts; a test with a fixed level would find something in the end
// whatever the candidate. So evidence is a bet: it begins as 1, each window multiplies it by an e-value, whose
// expectation is at most 1 if the candidate is innocent, and by Ville's inequality such a product ever comes to x in at
// most one of x rollouts (Ville 1939; Johari, Koomen, Pekelis, Walsh 2022, "Always valid inference"; Ramdas, Grünwald,
// Vovk, Shafer 2023, "Game-theoretic statistics and safe anytime-valid inference"). The alarm is at 4 / 0.001: four
// metrics share one false alarm in a thousand rollouts.
//
// The bet is spread over how much worse the candidate is (1.2 to 100 times its limit) and over when it became so: half
// of it is placed at the beginning, the rest in ever smaller parts after each event of the suspect's, a Bayesian
// mixture over the change point (Shiryaev 1963) as an e-process (Shin, Ramdas, Rinaldo 2024, "E-detectors"). So a
// candidate that was good for a day and then goes bad is found as well.
//
// One window multiplies the evidence by at most 20, which only makes it smaller: no burst decides alone, and there is
// no alarm before the third window and the fifteenth run of the candidate.
//
// # Simulated rollouts
//
// go test -run TestRollouts -v simulates them with 50 runs a second. Candidates as good as their predecessor, which
// fails in 0 to 20 % and denies 0 to 30 % of the runs, with weights of 1, 5, 10 and 50 %, 400 seconds each:
//
//	                                           rollouts  false alarms  at 0.05 instead of 0.001
//	steady traffic                                  100             0             0
//	clients that send ten bad runs a second         100             0             0
//	both become slower and fail for a while         100             0             0
//	weight in stairs, outages of both               100             0             0
//	replicas that start anew                        100             0             0
//	pauses of the candidate, thin traffic           100             0             0
//	weight that jumps every second                  100             0             0
//	tenants of all sizes, assigned by run           100             0             0
//	assigned and counted by tenant                  100             0             0
//	runs of two steps, weight in stairs             100             0             0
//	all                                           1,000             0             0
//	every rate at its limit                         100             0             0
//
// The same, wrongly counted, which is why [Counts] and [Window] insist on their unit:
//
//	assigned by tenant, counted by run              100             1             3
//	20 tries again, each of them counted            100            39            52
//	two hooks counted as one, weight in stairs      100            62            66
//	each run counted twice                          100             0             0
//
// Candidates that are worse, 250 for each weight, half an hour each: seconds until the alarm, as median and 95th
// percentile, and in brackets how many were missed, where any were. The last two rows show what the limits mean: 2 % is
// hardly more than 1.5 times 1 % and 0.1 % more, and 5 % little more than 1.5 times 2 % and 1 % more.
//
//	weight                                       1 %            5 %           10 %           50 %
//	fails always, was never                   42, 59          8, 12           5, 7           4, 4
//	fails in 5 %, was never                 171, 373         43, 88         26, 50         17, 24
//	fails in 1 %, was never          1124, 1686 [81]       280, 676       153, 299        91, 129
//	fails in 20 %, was 1 %                   90, 157         20, 37         11, 19          6, 10
//	the same, but after ten minutes         127, 205         33, 49         19, 29         12, 16
//	fails in 5 %, was 1 %             820, 1488 [17]       196, 392       111, 224         50, 93
//	denies everybody, was 5 %                 41, 58          9, 13           5, 6           4, 4
//	denies 15 %, was 5 %              915, 1691 [26]       205, 476       116, 245        53, 107
//	denies nobody, was 5 %                  727, 806       148, 167         76, 90         22, 30
//	four times as slow                      146, 251         40, 61         29, 39         32, 37
//	twice as slow                   1508, 1734 [235]      819, 1245       424, 705       184, 286
//	fails in 2 %, was 1 %                      [249]          [248]          [244]          [174]
//	denies 2 %, was 5 %                        [249]          [241]          [217] 850, 1345  [2]
//
// # What it does not see
//
// What both versions share: a candidate that breaks the predecessor too, by exhausting what they both need, is as good
// as it. What is rarer than the floors. And at a weight of 1 % what is not drastic, for want of runs. Raise the weight in steps, and look at the verdict before each.
package guard
