import {readFileSync} from 'node:fs'
import {relative, resolve} from 'node:path'
import type {Stryker} from '@stryker-mutator/core'
import {survivorOf, type Mutant} from './verdict.ts'

/** A mutant as StrykerJS hands it out. */
export type Result = Awaited<ReturnType<Stryker['runMutationTest']>>[number]

const ROOT = resolve(import.meta.dirname, '../..')
/** Files as they were when the run began: work goes on while one of hours lasts. */
const texts = new Map<string, string>()

/** What a result says of its mutant, in the terms of a verdict. */
export function mutantOf({fileName, location, replacement, status}: Result): Mutant {
  return {
    ...survivorOf(relative(ROOT, fileName), texts.get(fileName)!, location, replacement),
    line: location.start.line,
    status,
  }
}

/** Keeps the texts that a run begins with, and tells each survivor at once. */
class Live {
  onMutationTestingPlanReady({mutantPlans}: {mutantPlans: readonly {mutant: Pick<Result, 'fileName'>}[]}): void {
    for (const {fileName} of mutantPlans.map(({mutant}) => mutant)) {
      if (!texts.has(fileName)) texts.set(fileName, readFileSync(fileName, 'utf8'))
    }
  }

  onMutantTested(result: Result): void {
    const {status, file, line, was, now} = mutantOf(result)
    if (status === 'Survived' || status === 'NoCoverage') console.log(`alive: ${file}:${line} ${was}  ->  ${now}`)
  }
}

/** As StrykerJS finds a plugin. */
export const strykerPlugins = [{kind: 'Reporter', name: 'live', injectableClass: Live}]
