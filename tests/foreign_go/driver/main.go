// A client in Go: it does what JSON lines on its input ask, and tells by lines.
//
// Run as `driver <address>`. It calls through the generated client by the method's name, so a new
// method of the contract needs no code here. One command is one line; so is every answer, and every
// response and end of a stream.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log"
	"maps"
	"os"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
)

const callTimeout = 20 * time.Second

type command struct {
	ID       int               `json:"id"`
	Do       string            `json:"do"`
	Method   string            `json:"method"`
	Request  json.RawMessage   `json:"request"`
	Metadata map[string]string `json:"metadata"`
	Stream   int               `json:"stream"`
}

type document map[string]any

type driver struct {
	clients clients
	output  sync.Mutex
	streams sync.Map // of a stream's number: what cancels it
}

func main() {
	log.SetFlags(0)
	connection, err := grpc.NewClient(
		os.Args[1], grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		log.Fatal(err)
	}
	defer connection.Close()
	ctx, stop := context.WithCancel(context.Background())
	d := &driver{clients: clientsOf(connection)}
	if err := d.run(ctx, stop); err != nil {
		log.Fatal(err)
	}
}

// run carries out commands, every one on a goroutine of its own, until its input ends. Then it
// cancels what still runs, and waits until all of it has been told.
func (d *driver) run(ctx context.Context, stop context.CancelFunc) error {
	var running sync.WaitGroup
	defer running.Wait()
	defer stop()
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<26)
	for lines.Scan() {
		var asked command
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			return err
		}
		running.Go(func() { d.answer(ctx, asked) })
	}
	return lines.Err()
}

func (d *driver) answer(ctx context.Context, asked command) {
	ctx = metadata.NewOutgoingContext(ctx, metadata.New(asked.Metadata))
	var told document
	var err error
	switch asked.Do {
	case "methods":
		told = document{"methods": methods()}
	case "call":
		told, err = d.call(ctx, asked)
	case "open":
		d.open(ctx, asked)
		return
	case "cancel":
		told, err = d.cancel(asked.Stream)
	default:
		err = fmt.Errorf("no command %q", asked.Do)
	}
	d.tell("id", asked.ID, told, err)
}

func (d *driver) call(ctx context.Context, asked command) (document, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	stub, err := d.clients.stub(asked.Method)
	if err != nil {
		return nil, err
	}
	var trailer metadata.MD
	answered, err := stub.call(ctx, asked.Request, grpc.Trailer(&trailer))
	if err != nil {
		return failed(err, trailer)
	}
	response, err := asJSON(answered.(proto.Message))
	return document{"response": response, "trailing": text(trailer)}, err
}

// open reads a stream until it ends. A stream whose call cannot be begun ends at once.
func (d *driver) open(ctx context.Context, asked command) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	d.streams.Store(asked.ID, cancel)
	stub, err := d.clients.stub(asked.Method)
	d.tell("id", asked.ID, nil, err)
	if err != nil {
		return
	}
	opened, err := stub.call(ctx, asked.Request)
	if err != nil {
		told, err := failed(err, nil)
		d.tell("stream", asked.ID, told, err)
		return
	}
	for {
		received, err := receive(opened)
		if err != nil {
			told, err := failed(err, opened.(grpc.ClientStream).Trailer())
			d.tell("stream", asked.ID, told, err)
			return
		}
		response, err := asJSON(received)
		d.tell("stream", asked.ID, document{"response": response}, err)
	}
}

func (d *driver) cancel(number int) (document, error) {
	cancel, found := d.streams.LoadAndDelete(number)
	if !found {
		return nil, fmt.Errorf("no stream %d", number)
	}
	cancel.(context.CancelFunc)()
	return nil, nil
}

// tell writes one line. An error here is the driver's own: what a call failed with is an answer.
func (d *driver) tell(about string, number int, told document, err error) {
	line := document{about: number}
	maps.Copy(line, told)
	if err != nil {
		line["broken"] = err.Error()
	}
	d.output.Lock()
	defer d.output.Unlock()
	if err := json.NewEncoder(os.Stdout).Encode(line); err != nil {
		log.Fatal(err)
	}
}

// asJSON has every field of a message: those without presence also where they are empty.
func asJSON(message proto.Message) (json.RawMessage, error) {
	return protojson.MarshalOptions{UseProtoNames: true, EmitDefaultValues: true}.Marshal(message)
}
