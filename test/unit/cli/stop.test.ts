import {spawn} from 'node:child_process'
import {resolve} from 'node:path'
import {describe, expect, test} from 'vitest'
import {listenForStop} from '../../../src/cli/stop.ts'

const STOP = resolve(import.meta.dirname, '../../../src/cli/stop.ts')

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
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'ignore', 'ipc'],
    })
    let said = ''
    child.stdout!.on('data', (chunk: Buffer) => {
      said += chunk.toString()
      if (said.endsWith('stopping\n')) child.kill('SIGINT')
      else child.send('SIGINT')
    })
    const ending = await new Promise((done) => child.once('close', (code, signal) => done({code, signal})))
    expect(said).toBe('ready\nstopping\nheard\n')
    expect(ending).toEqual({code: null, signal: 'SIGINT'})
  })
})
