package policy

import "strconv"

// instant writes a time, in milliseconds since 1970, for people, such as 2030-01-31 12:00 UTC, rounded up to the
// minute. The package time would cost the module half a megabyte.
func instant(ms int64) string {
	minutes := (ms + 59_999) / 60_000
	year, month, day := date(minutes / (24 * 60))
	return strconv.FormatInt(year, 10) + "-" + two(month) + "-" + two(day) + " " + two(minutes/60%24) + ":" + two(minutes%60) + " UTC"
}

// date is the day, the given number of days after 1970-01-01. Years begin in March here, so that the day that is
// only there sometimes is the last.
func date(days int64) (year, month, day int64) {
	const yearDays, era = 365, 146_097 // an era is 400 years
	days += 719_468                    // since 0000-03-01
	inEra := days % era
	year = (inEra - inEra/1_460 + inEra/36_524 - inEra/(era-1)) / yearDays
	inYear := inEra - (yearDays*year + year/4 - year/100)
	fromMarch := (5*inYear + 2) / 153
	day = inYear - (153*fromMarch+2)/5 + 1
	month = (fromMarch+2)%12 + 1
	year += days / era * 400
	if month <= 2 {
		year++
	}
	return year, month, day
}

func two(n int64) string {
	if n < 10 {
		return "0" + strconv.FormatInt(n, 10)
	}
	return strconv.FormatInt(n, 10)
}
