// Package letter shows what somebody else wrote: the body of a message within
// our type and our content security policy, and its files so that nothing of
// them runs. Staff and customers read the same timeline on different pages;
// this is what the pages of both share. Packages under web import it.
package letter

import _ "embed"

// Style lays out what TextOf prints, in an element of class "mail". Packages put
// it in front of their own style sheet.
//
//go:embed letter.css
var Style string
