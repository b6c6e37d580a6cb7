/**
 * Errors for operators. To add one: a code in `errors/catalogue.ts`, or in the file of its room below `errors/kinds`, with
 * its exit, its meaning and its sentence over facts; `new OpsError('CODE', {facts})` where it happens; `npm run docs`.
 */
export {commandsOf, pageName, run, say, sentencesOf, word, type Advice} from './errors/advice.ts'
export {CATALOGUE, type Code} from './errors/catalogue.ts'
export {EXIT, isInterrupt, OpsError, worstExit} from './errors/error.ts'
export {nothing, type ErrorCategory, type ToldError} from './errors/kind.ts'
export {alsoTelling, orElse, untouched} from './errors/recover.ts'
export {adviceOf, apart, changedFor, isCommand, unclaimed} from './errors/text.ts'
