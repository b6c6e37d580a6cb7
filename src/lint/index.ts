export {lint} from './lint.ts'
export {LINT_RULES, lintRule} from './rules.ts'
export {summarise} from './summary.ts'
export {filesToLint} from './walk.ts'
