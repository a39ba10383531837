package chat3

import (
	"context"
	"iter"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

const largestPage = 100

// PageRequest is a request of a method that answers with pages.
type PageRequest interface {
	proto.Message
	GetPageSize() int32
	GetPageToken() string
}

// Page is a response of such a method.
type Page interface{ GetNextPageToken() string }

// All lists what a method answers with pages of, from the page of the request to the last one:
//
//	request := &userv1.ListTopicsRequest{DialogId: id}
//	for topic, err := range chat3.All(ctx, client.ListTopics, request, (*userv1.ListTopicsResponse).GetTopics) {
//
// A page is read when the loop needs it. Without a page size, pages have 100 items. A failure is the
// last pair. The request is not changed.
func All[Request PageRequest, Response Page, Item any](
	ctx context.Context,
	method func(context.Context, Request, ...grpc.CallOption) (Response, error),
	request Request,
	items func(Response) []Item,
) iter.Seq2[Item, error] {
	return func(yield func(Item, error) bool) {
		next := proto.Clone(request).(Request)
		if next.GetPageSize() == 0 {
			set(next, "page_size", protoreflect.ValueOfInt32(largestPage))
		}
		for {
			page, err := method(ctx, next)
			if err != nil {
				var none Item
				yield(none, err)
				return
			}
			for _, item := range items(page) {
				if !yield(item, nil) {
					return
				}
			}
			if page.GetNextPageToken() == "" {
				return
			}
			// A token belongs to all other fields of the request but those that choose where to begin.
			clearField(next, "page")
			clearField(next, "around_message_id")
			set(next, "page_token", protoreflect.ValueOfString(page.GetNextPageToken()))
		}
	}
}

func set(message proto.Message, name protoreflect.Name, value protoreflect.Value) {
	reflected := message.ProtoReflect()
	reflected.Set(reflected.Descriptor().Fields().ByName(name), value)
}

func clearField(message proto.Message, name protoreflect.Name) {
	reflected := message.ProtoReflect()
	if field := reflected.Descriptor().Fields().ByName(name); field != nil {
		reflected.Clear(field)
	}
}
