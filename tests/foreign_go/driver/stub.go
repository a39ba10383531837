package main

import (
	"context"
	"fmt"
	"reflect"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	tenantv1 "github.com/chat3/user-service/clients/go/gen/chat3/tenant/v1"
	userv1 "github.com/chat3/user-service/clients/go/gen/chat3/user/v1"
)

const tenantPrefix = "TenantService/"

// services are the generated descriptions, by what the names of their methods begin with here.
var services = map[string]grpc.ServiceDesc{
	"":           userv1.UserService_ServiceDesc,
	tenantPrefix: tenantv1.TenantService_ServiceDesc,
}

// clients are the generated clients, by the same.
type clients map[string]any

func clientsOf(connection grpc.ClientConnInterface) clients {
	return clients{
		"":           userv1.NewUserServiceClient(connection),
		tenantPrefix: tenantv1.NewTenantServiceClient(connection),
	}
}

// methods names what the generated descriptions of the services have.
func methods() []string {
	names := []string{}
	for prefix, service := range services {
		for _, method := range service.Methods {
			names = append(names, prefix+method.MethodName)
		}
		for _, stream := range service.Streams {
			names = append(names, prefix+stream.StreamName)
		}
	}
	return names
}

// A stub is one method of the generated client.
type stub struct{ method reflect.Value }

func (c clients) stub(name string) (stub, error) {
	own, tenants := strings.CutPrefix(name, tenantPrefix)
	prefix := ""
	if tenants {
		prefix = tenantPrefix
	}
	method := reflect.ValueOf(c[prefix]).MethodByName(own)
	if !method.IsValid() {
		return stub{}, fmt.Errorf("the generated client has no method %s", name)
	}
	return stub{method}, nil
}

// call makes a call, the request given as JSON. It returns the answer, or the opened stream.
func (s stub) call(
	ctx context.Context, request []byte, options ...grpc.CallOption,
) (any, error) {
	if s.method.Type().NumIn() == 2 {
		return s.converse(ctx, request)
	}
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

// converse opens a stream of requests and responses, and sends the first request.
func (s stub) converse(ctx context.Context, request []byte) (any, error) {
	opened, err := results(s.method.Call([]reflect.Value{reflect.ValueOf(ctx)}))
	if err != nil {
		return nil, err
	}
	send := reflect.ValueOf(opened).MethodByName("Send")
	message := reflect.New(send.Type().In(0).Elem())
	if err := protojson.Unmarshal(request, message.Interface().(proto.Message)); err != nil {
		return nil, err
	}
	err, _ = send.Call([]reflect.Value{message})[0].Interface().(error)
	return opened, err
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
