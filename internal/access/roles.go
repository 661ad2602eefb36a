package access

// Role is what a staff member is trusted with.
type Role uint8

// The roles, each holding all that the one before it holds. They are stored:
// never renumber.
const (
	Agent Role = 1 // works on cases
	Lead  Role = 2 // answers for a team: sees figures, repairs what needs a look
	Admin Role = 3 // sets up the desk
)

// Roles lists every role, least first.
func Roles() []Role { return []Role{Agent, Lead, Admin} }

var roleNames = map[Role]string{Agent: "agent", Lead: "lead", Admin: "admin"}

// String returns the role's name in forms, the API and the catalogue
// ("role.agent" and so on).
func (r Role) String() string { return roleNames[r] }

// ParseRole reads a role's name.
func ParseRole(s string) (Role, bool) {
	for r, name := range roleNames {
		if name == s {
			return r, true
		}
	}
	return 0, false
}

// Permission is one thing a role may do.
type Permission uint8

// The permissions.
const (
	ReadCases       Permission = iota + 1 // read cases, customers, messages
	WorkCases                             // take, reply, note, hand over, change state
	RepairIntake                          // see and settle what needs a look
	ReadStaff                             // see colleagues and teams
	ManageStaff                           // invite, change roles, teams
	ManageCatalog                         // brands, mailboxes, settings
	OperateSystem                         // jobs, figures of the machine
	PublishPosts                          // answer in public, take an answer back
	ReviewPosts                           // release or refuse what customers want to publish
	BlockSenders                          // block and unblock correspondents, move cases to the trash
	DeleteCases                           // erase a case for good
	ReadCustomers                         // list and find customers
	ChangeCustomers                       // add customers, mend names and addresses
	FollowEvents                          // read the feed of what happens
	ManageKeys                            // keys with which programs use the API
)

var held = map[Role][]Permission{
	Agent: {ReadCases, WorkCases, ReadStaff, PublishPosts, ReviewPosts, BlockSenders, ReadCustomers, ChangeCustomers, FollowEvents},
	Lead: {ReadCases, WorkCases, ReadStaff, PublishPosts, ReviewPosts, BlockSenders, ReadCustomers, ChangeCustomers, FollowEvents,
		RepairIntake, DeleteCases},
	Admin: {ReadCases, WorkCases, ReadStaff, PublishPosts, ReviewPosts, BlockSenders, ReadCustomers, ChangeCustomers, FollowEvents,
		RepairIntake, DeleteCases, ManageStaff, ManageCatalog, OperateSystem, ManageKeys},
}

func (r Role) holds(p Permission) bool {
	for _, have := range held[r] {
		if have == p {
			return true
		}
	}
	return false
}
