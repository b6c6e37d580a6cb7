import {spawn, type ChildProcess} from 'node:child_process'
import {once} from 'node:events'
import {resolve} from 'node:path'
import {describe, expect, test} from 'vitest'
import {listenForStop} from '../../../src/cli/stop.ts'

const STOP = resolve(import.meta.dirname, '../../../src/cli/stop.ts')

/** A process with a channel to us, as `bin/run.js` starts one; `hear` is given what it prints. */
function started(script: string, hear: (chunk: string) => void): ChildProcess {
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'ignore', 'ipc'],
  })
  child.stdout!.on('data', (chunk: Buffer) => hear(chunk.toString()))
  return child
}

describe('a request to stop', () => {
  test('aborts the signal, names itself, and is still listened for until released', () => {
    const before = process.listenerCount('SIGTERM')
    const stop = listenForStop()
    process.emit('SIGTERM', 'SIGTERM')
    expect(stop.signal.aborted).toBe(true)
    expect(stop.stopped).toBe('SIGTERM')
    expect(process.listenerCount('SIGTERM')).toBe(before + 1)
    stop.release()
    expect(process.listenerCount('SIGTERM')).toBe(before)
  })

  test('asked for twice ends the process at once, by that signal', async () => {
    const script = `
      import {listenForStop} from ${JSON.stringify(STOP)}
      const {signal} = listenForStop()
      signal.addEventListener('abort', () => console.log('stopping'))
      setInterval(() => {}, 1000)
      console.log('ready')`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {stdio: ['ignore', 'pipe', 'ignore']})
    let said = ''
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString()
      // One Ctrl-C for each line: the second comes only after the first was heard.
      child.kill('SIGINT')
    })
    const ending = await new Promise((done) => child.once('close', (code, signal) => done({code, signal})))
    expect(said).toBe('ready\nstopping\n')
    expect(ending).toEqual({code: null, signal: 'SIGINT'})
  })

  test('that comes by itself and from whoever started us as well is one request', async () => {
    const script = `
      import {listenForStop} from ${JSON.stringify(STOP)}
      const {signal} = listenForStop()
      signal.addEventListener('abort', () => console.log('stopping'))
      process.once('SIGINT', () => console.log('heard'))
      setInterval(() => {}, 1000)
      console.log('ready')`
    let said = ''
    const child = started(script, (chunk) => {
      said += chunk
      if (said.endsWith('stopping\n')) child.kill('SIGINT')
      else child.send('SIGINT')
    })
    const ending = await new Promise((done) => child.once('close', (code, signal) => done({code, signal})))
    expect(said).toBe('ready\nstopping\nheard\n')
    expect(ending).toEqual({code: null, signal: 'SIGINT'})
  })

  test.each([
    ['later', 'ready\nSIGTERM\n'],
    ['before we listened', 'SIGTERM\nready\n'],
    ['after its request', 'ready\nSIGINT\n'],
  ])('is that whoever started us is gone, %s', async (when, expected) => {
    const script = `
      import {listenForStop} from ${JSON.stringify(STOP)}
      if (${when === 'before we listened'}) while (process.connected) await new Promise(setImmediate)
      const stop = listenForStop()
      const waiting = setTimeout(() => {}, 60_000)
      const tell = () => (clearTimeout(waiting), console.log(stop.stopped))
      stop.signal.aborted ? tell() : stop.signal.addEventListener('abort', tell)
      console.log('ready')`
    let said = ''
    const child = started(script, (chunk) => {
      said += chunk
      if (said !== 'ready\n') return
      if (when === 'after its request') child.send('SIGINT', () => child.disconnect())
      else child.disconnect()
    })
    if (when === 'before we listened') child.disconnect()
    // Node tells no 'close' of a child whose channel was closed before.
    const [[code]] = await Promise.all([once(child, 'exit'), once(child.stdout!, 'end')])
    expect([said, code]).toEqual([expected, 0])
  })
})
