// Package public shows what everybody may read: the home page with its one
// field, lists of questions, the page of a thread, search, feeds and the sitemap.
//
// It is fed from released texts alone (package publish and the public index),
// and the import rules keep it so: nothing here can reach a case, a customer or
// what arrives. Its pages know no session, set no cookie and read none; they are
// the same for everybody and differ by address only, so that they can be kept:
// the language stands in the path.
//
// A request goes through four files:
//
//   - public.go finds brand and language and hands errors to the one place that
//     shows them;
//   - shelf.go knows whether a kept answer is still true: signals of changes are
//     heard before anything is served, and beside other processes an answer older
//     than half a second is checked against the database first;
//   - cache.go keeps answers up to a number of bytes;
//   - entry.go sends one: coding, ETag, 304.
//
// What an answer is made of stands beside its template: home, list, thread,
// search, and feed and sitemap without one. Package app mounts it.
package public
