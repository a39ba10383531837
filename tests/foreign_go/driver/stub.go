package main

import (
	"context"
	"fmt"
	"reflect"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	userv1 "chat3.example/client/gen/chat3/user/v1"
)

// A stub is one method of the generated client.
type stub struct{ method reflect.Value }

func stubOf(client userv1.UserServiceClient, name string) (stub, error) {
	method := reflect.ValueOf(client).MethodByName(name)
	if !method.IsValid() {
		return stub{}, fmt.Errorf("the generated client has no method %s", name)
	}
	return stub{method}, nil
}

// call makes a call, the request given as JSON. It returns the answer, or the opened stream.
func (s stub) call(
	ctx context.Context, request []byte, options ...grpc.CallOption,
) (any, error) {
	message := reflect.New(s.method.Type().In(1).Elem())
	if err := protojson.Unmarshal(request, message.Interface().(proto.Message)); err != nil {
		return nil, err
	}
	arguments := []reflect.Value{reflect.ValueOf(ctx), message}
	for _, option := range options {
		arguments = append(arguments, reflect.ValueOf(option))
	}
	return results(s.method.Call(arguments))
}

// receive returns the next response of a stream that call has opened.
func receive(opened any) (proto.Message, error) {
	received, err := results(reflect.ValueOf(opened).MethodByName("Recv").Call(nil))
	if err != nil {
		return nil, err
	}
	return received.(proto.Message), nil
}

func results(values []reflect.Value) (any, error) {
	err, _ := values[1].Interface().(error)
	return values[0].Interface(), err
}
