// Package starter has what a new plugin project begins with, in every language: per hook the same small
// behaviour, which two or three fixtures hold it to.
//
//	hooks/HOOK.json                 what the starter of a hook does, needs and is tried with, whatever the language
//	LANGUAGE/project/...            the files of a project
//	LANGUAGE/hooks/HOOK/...         the files that a hook adds: its logic, its test, its wiring
//
// Names that end in .tmpl are text/template templates of a [Sheet], whose actions stand in {% and %}, and lose that ending.
package starter
