// Package typescript writes the types of hostapi for the TypeScript SDK, with their comments, and the functions that
// make whole questions and answers of what JSON.parse gives: a member that is missing or null is the zero value of its
// type, so that a plugin's author needs to test for nothing.
package typescript
