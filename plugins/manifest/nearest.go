package manifest

// nearest gives the candidate that the fewest edits turn a name into. There is at
// least one candidate. Of a long name only the beginning is looked at.
func nearest(name string, candidates []string) string {
	name = name[:min(len(name), maxQuoted)]
	best, least := candidates[0], edits(name, candidates[0])
	for _, c := range candidates[1:] {
		if d := edits(name, c); d < least {
			best, least = c, d
		}
	}
	return best
}

// edits is the distance of Levenshtein, in bytes.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			swapped := diagonal
			if a[i] != b[j] {
				swapped++
			}
			diagonal = row[j+1]
			row[j+1] = min(row[j]+1, row[j+1]+1, swapped)
		}
	}
	return row[len(b)]
}
