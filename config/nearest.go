package config

// maxCompared is longer than every name of ours, in bytes.
const maxCompared = 64

// nearest returns the candidate that the fewest edits turn name into. There is at
// least one candidate. Of a very long name only the beginning is looked at.
func nearest(name string, candidates []string) string {
	name = name[:min(len(name), maxCompared)]
	best, least := candidates[0], len(name)+len(candidates[0])
	for _, c := range candidates {
		if d := distance(name, c); d < least {
			best, least = c, d
		}
	}
	return best
}

// distance is that of Levenshtein, in bytes.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
