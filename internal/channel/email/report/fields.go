package report

import "strings"

// group is one block of fields of a report: name, lower case, to value.
type group map[string]string

// known are the fields of reports that are read (RFC 3464, RFC 5965, RFC 8098
// and what mailers add). All others are passed over.
var known = map[string]bool{
	"reporting-mta": true, "final-recipient": true, "original-recipient": true, "x-actual-recipient": true, "action": true, "status": true,
	"remote-mta": true, "diagnostic-code": true, "will-retry-until": true, "x-powermta-bouncecategory": true,
	"feedback-type": true, "original-rcpt-to": true, "removal-recipient": true, "reported-domain": true, "source-ip": true, "user-agent": true, "arrival-date": true,
	"original-message-id": true, "disposition": true, "reporting-ua": true, "failed-recipient": true,
}

// readFields reads the groups of fields in a text, line by line: an empty line
// ends a group, and so does a field that is there already. What is no known
// field is passed over, because mailers put other things between.
func readFields(text string) []group {
	var groups []group
	current := group{}
	name := ""
	next := func() {
		if len(current) > 0 {
			groups = append(groups, current)
		}
		current, name = group{}, ""
	}
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, " \t\n")
		switch {
		case line == "":
			next()
		case line[0] == ' ' || line[0] == '\t':
			if name != "" && len(current[name]) < 2*maxWords {
				current[name] = cutBytes(current[name]+" "+strings.TrimSpace(line), 2*maxWords)
			}
		default:
			field, value := splitField(line)
			if _, twice := current[field]; twice && field == "final-recipient" {
				next()
			}
			if name = field; name != "" && current[name] == "" {
				current[name] = value
			}
		}
		if len(groups) > 2*maxRecipients {
			break
		}
	}
	next()
	return groups
}

// splitField reads "Name: value", the name in lower case; it is "" if the line
// is no known field.
func splitField(line string) (name, value string) {
	name, value, ok := strings.Cut(line, ":")
	name = strings.ToLower(strings.TrimSpace(name))
	if !ok || !known[name] {
		return "", ""
	}
	return name, strings.TrimSpace(value)
}

// uncomment cuts a comment off a value: "5.1.1 (no such user)".
func uncomment(value string) (bare, comment string) {
	bare, comment, _ = strings.Cut(value, "(")
	return strings.TrimSpace(bare), strings.TrimSuffix(strings.TrimSpace(comment), ")")
}

func cutBytes(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "")
}
