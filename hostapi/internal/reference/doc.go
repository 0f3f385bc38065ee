// Package reference writes the hook reference of the author's guide from the JSON Schemas, with the members in the
// order that hostapi declares them in.
package reference
