// Plays the scenario of tests/scenario with the Go library: player SCENARIO.json OUTCOME.json.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/chat3/user-service/clients/go/chat3"
)

// patience is for one call: a write whose worker was killed is looked for before it is repeated.
const patience = 2 * time.Minute

func main() {
	log.SetFlags(0)
	if len(os.Args) != 3 {
		log.Fatal("usage: player SCENARIO.json OUTCOME.json")
	}
	if err := play(os.Args[1], os.Args[2]); err != nil {
		log.Fatal(err)
	}
}

type step struct {
	Do, By, As                              string
	Dialog, Message, Text, Quote, Key, User string
	Reaction, Status                        string
	Members, Users, Texts                   []string
	Meta                                    map[string]any
	PageSize                                int32 `json:"page_size"`
	Ms                                      int
}

type object = map[string]any

// player is one game: its users and what was bound.
type player struct {
	folder  string
	ids     map[string]string // by name
	names   map[string]string // by id: the first name that it was bound to
	users   map[string]*user
	results []object
}

func play(scenario, outcome string) error {
	content, err := os.ReadFile(scenario)
	if err != nil {
		return err
	}
	var played struct{ Steps []step }
	if err := json.Unmarshal(content, &played); err != nil {
		return err
	}
	folder, err := os.MkdirTemp("", "player")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	p := &player{folder: folder, ids: map[string]string{}, names: map[string]string{}, users: map[string]*user{}}
	for number, step := range played.Steps {
		fmt.Printf("step %d\n", number)
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		result, err := p.take(ctx, step)
		cancel()
		if err != nil {
			result = failed(err)
		}
		p.results = append(p.results, result)
	}
	told, err := json.MarshalIndent(p.outcome(), "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(outcome, told, 0o600)
}

// user is one user over all starts.
type user struct {
	name   string
	client *chat3.Client // nil while stopped
	store  *chat3.LocalStore
	stop   func()

	seen stream
}

func (p *player) user(name string) *user {
	if p.users[name] == nil {
		p.users[name] = &user{name: name, seen: newStream()}
	}
	return p.users[name]
}

// bind gives an id a name, and remembers the first name of each id.
func (p *player) bind(name, id string) {
	if name == "" {
		return
	}
	p.ids[name] = id
	if p.names[id] == "" {
		p.names[id] = name
	}
}

// id is what a step names: a binding with a dollar sign, or the text itself.
func (p *player) id(text string) string {
	if len(text) > 0 && text[0] == '$' {
		return p.ids[text[1:]]
	}
	return text
}

func env(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}
