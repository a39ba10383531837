package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"google.golang.org/genproto/googleapis/rpc/code"
	_ "google.golang.org/genproto/googleapis/rpc/errdetails" // decodes the details
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// failed has all that a failed call tells. An error that is no status is the driver's own.
func failed(err error, trailer metadata.MD) (document, error) {
	if errors.Is(err, io.EOF) {
		return document{"failed": document{"code": code.Code_OK.String()}}, nil
	}
	told, ok := status.FromError(err)
	if !ok {
		return nil, err
	}
	details := []document{}
	for _, found := range told.Details() {
		detail, ok := found.(proto.Message)
		if !ok {
			return nil, fmt.Errorf("a detail does not decode: %v", found)
		}
		encoded, err := asJSON(detail)
		if err != nil {
			return nil, err
		}
		fields := document{"type": detail.ProtoReflect().Descriptor().Name()}
		if err := json.Unmarshal(encoded, &fields); err != nil {
			return nil, err
		}
		details = append(details, fields)
	}
	return document{"failed": document{
		"code":     code.Code(told.Code()).String(),
		"message":  told.Message(),
		"details":  details,
		"trailing": text(trailer),
	}}, nil
}

// text has the metadata that is text and no part of the protocol: where an answer is headers only,
// Go counts those that the protocol has there as trailing.
func text(trailer metadata.MD) map[string]string {
	found := map[string]string{}
	for key, values := range trailer {
		protocol := key == "content-type" || strings.HasPrefix(key, "grpc-")
		if !protocol && !strings.HasSuffix(key, "-bin") {
			found[key] = strings.Join(values, ", ")
		}
	}
	return found
}
