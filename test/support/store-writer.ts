import {OpsError} from '../../src/errors.ts'
import {openStore} from '../../src/store/index.ts'

/**
 * Run as its own process: takes a lease and appends numbered events, saying each on stdout once it is durable, until it
 * is killed. `node store-writer.ts FILE write|race|contend`
 */
const [file = '', errand] = process.argv.slice(2)
const store = await openStore(file)
const say = (text: string): void => void process.stdout.write(`${text}\n`)

if (errand === 'race') {
  try {
    const lease = await store.leases.acquire('agent:dev-a', 60_000, Date.now())
    say(`won ${lease.fence}`)
    await new Promise((resolve) => setTimeout(resolve, 700))
    await store.leases.release(lease)
  } catch (error) {
    say(error instanceof OpsError ? error.code : String(error))
  }
} else if (errand === 'contend') {
  try {
    for (let turn = 0; turn < 150; turn++) {
      const lease = await store.leases.acquire(`agent:${process.pid}`, 60_000, Date.now())
      await store.leases.release(lease)
    }
    say('done')
  } catch (error) {
    say(error instanceof OpsError ? error.code : String(error))
  }
} else {
  const lease = await store.leases.acquire('agent:dev-a', 60_000, Date.now())
  const begun = (await store.journal.read('rot1')).length
  for (let seq = begun; ; seq++) {
    await store.journal.append({
      id: 'rot1',
      seq,
      event: {type: 'mint_intended', name: 'n'.repeat(2_000), at: seq},
      summary: {
        id: 'rot1',
        agent: 'dev-a',
        user: 'u',
        workspace: 'w',
        phase: 'minting',
        closed: false,
        startedAt: 0,
        updatedAt: seq,
        dueAt: undefined,
        events: seq + 1,
      },
      ledger: [
        {
          kind: 'minted',
          user: 'u',
          token: {id: seq + 1, name: `t${seq}`, lastEight: ''},
          scopes: [],
          rotation: 'rot1',
          at: seq,
        },
      ],
      lease,
    })
    say(String(seq))
  }
}
