import {generate} from 'selfsigned'

/** A certificate that nobody vouches for, and its key; made for one test, valid for a day. */
export interface Certificate {
  key: string
  cert: string
}

/** `name` is `IP:127.0.0.1` or `DNS:host`, as in a certificate's alternative names. */
export async function selfSigned(name: string): Promise<Certificate> {
  const [kind, value = ''] = name.split(':')
  const alternative = kind === 'IP' ? {type: 7 as const, ip: value} : {type: 2 as const, value}
  const {private: key, cert} = await generate([{name: 'commonName', value: 'made-up'}], {
    keyType: 'ec',
    notAfterDate: new Date(Date.now() + 86_400_000),
    extensions: [
      {name: 'basicConstraints', cA: true},
      {name: 'subjectAltName', altNames: [alternative]},
    ],
  })
  return {key, cert}
}
