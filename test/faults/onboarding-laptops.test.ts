import {describe, expect, it} from 'vitest'
import {OpsError} from '../../src/errors.ts'
import type {OnboardingDeps, OnboardingResult} from '../../src/onboarding/index.ts'
import type {Store} from '../../src/store/index.ts'
import {ending, Laptop, seeded, Turns} from '../support/laptops.ts'
import {onboardingOf, OnboardingWorld} from '../support/onboarding-world.ts'
import {Crash, storeInMemory} from '../support/world.ts'

const PAIRS = 40
const request = onboardingOf('agent-new')

type End = OnboardingResult | OpsError | Crash

interface Machine {
  laptop: Laptop
  store: Store
}

/** The same clients, called from this machine and recorded in its own store. */
function from({laptop, store}: Machine): (deps: OnboardingDeps) => Partial<OnboardingDeps> {
  const {journal, onboardings, leases, ledger} = store
  return ({tokens, prober, accounts, platform, maker, smoke}) => ({
    tokens: laptop.wired(tokens),
    prober: laptop.wired(prober),
    accounts: laptop.wired(accounts),
    platform: laptop.wired(platform),
    maker: laptop.wired(maker),
    smoke: laptop.wired(smoke),
    onboardings: laptop.wired(onboardings),
    journal,
    leases,
    ledger,
  })
}

const told = (end: End): string => (end instanceof OpsError ? end.code : end instanceof Crash ? 'crash' : end.outcome)

/** Two machines onboard one agent at once; then each types the command again until it says that the agent works. */
async function play(seed: number, dying: boolean): Promise<{wrong: string[]; ends: End[]}> {
  const pick = seeded(seed)
  const user = pick(2) === 0 ? [] : [{login: 'agent-new'}]
  await using world = await OnboardingWorld.open({users: user})
  const machines: Machine[] = []
  for (const name of ['a', 'b']) machines.push({laptop: new Laptop(name), store: await storeInMemory()})
  if (dying) machines[0]!.laptop.dies = {at: 1 + pick(60), kind: pick(2) === 0 ? 'before' : 'after'}
  const turns = new Turns(pick)
  for (const {laptop} of machines) laptop.join(turns)
  const ends = await turns.all(machines.map((each) => () => ending(() => world.run(request, from(each)))))
  const later: string[] = []
  for (const each of machines) {
    each.laptop.join(undefined)
    each.laptop.dies = undefined
    for (let turn = 0; turn < 4 && !later.at(-1)?.startsWith(`${each.laptop.name} `); turn++) {
      const end = await ending(() => world.run(request, from(each)))
      if (!(end instanceof Error)) later.push(`${each.laptop.name} ${told(end)}`)
    }
  }
  world.store.close()
  world.store = machines[0]!.store
  const wrong = await world.flaws(request)
  if (later.length < 2) wrong.push(`not both can tell that it works: ${later.join(', ')}`)
  if ((await machines[1]!.store.onboardings.list({open: true})).length > 0) wrong.push('one stays open for ever')
  machines[1]!.store.close()
  return {wrong: wrong.map((flaw) => `seed ${seed}: ${flaw} (${ends.map(told).join(', ')})`), ends}
}

describe('two laptops that onboard one agent at once', () => {
  it('make one user, one workspace and one token, and tell the later one', async () => {
    const wrong: string[] = []
    const endings = new Set<string>()
    for (let seed = 1; seed <= PAIRS; seed++) {
      const pair = await play(seed, false)
      wrong.push(...pair.wrong)
      const lost = pair.ends.filter((end) => end instanceof OpsError)
      for (const end of pair.ends) endings.add(told(end))
      if (lost.some(({exit}) => exit !== 6))
        wrong.push(`seed ${seed}: ${lost.map((end) => `${end.code} ${end.exit}`).join()}`)
    }
    expect(wrong).toEqual([])
    expect([...endings]).toContain('YIELDED')
  })

  it('still do when one of them dies at any of its calls and is gone on with later', async () => {
    const wrong: string[] = []
    for (let seed = 1; seed <= PAIRS; seed++) wrong.push(...(await play(seed, true)).wrong)
    expect(wrong).toEqual([])
  })
})
