package desk

import "encoding/json"

// Role says as what somebody stands in a message.
type Role uint8

// The roles. They are stored: never renumber.
const (
	RoleTo   Role = 0
	RoleCc   Role = 1 // everybody sees them
	RoleBcc  Role = 2 // nobody but the desk sees them
	RoleFrom Role = 3 // wrote it; of what came in only
)

var roleNames = map[Role]string{RoleTo: "to", RoleCc: "cc", RoleBcc: "bcc", RoleFrom: "from"}

// String returns the role's name in forms, the API and the catalogue.
func (r Role) String() string { return roleNames[r] }

// Addressee is somebody who stands in a message.
type Addressee struct {
	Role    Role   `json:"r,omitempty"`
	Address string `json:"a"`
	Name    string `json:"n,omitempty"` // "" if the message gave none
}

// packAddressed returns addressees as they are sealed, nil for none.
func packAddressed(all []Addressee) []byte {
	if len(all) == 0 {
		return nil
	}
	b, err := json.Marshal(all)
	if err != nil {
		return nil
	}
	return b
}

// unpackAddressed reads what packAddressed wrote. A message is shown without
// addressees that can't be read rather than not at all.
func unpackAddressed(b []byte) (all []Addressee) {
	if len(b) > 0 && json.Unmarshal(b, &all) != nil {
		return nil
	}
	return all
}
