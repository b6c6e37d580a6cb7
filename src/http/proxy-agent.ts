/** Apart from the pool, for it is loaded only where a proxy is used (`scripts/build.ts`). */
export {ProxyAgent} from 'undici'
