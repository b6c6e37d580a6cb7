/** What names of programs say of the part that they play in a request. */

/** Functions and methods that are named after what they send; the rest of the name says of what. */
export const VERB = /^(get|head|post|put|patch|delete|del|options)(?=$|[A-Z_])/i
export const EXACT = /^(?:get|head|post|put|patch|delete|del|options)$/i
export const FETCHERS =
  /^(?:fetch|\$fetch|ofetch|nodeFetch|node_fetch|got|ky|axios|superagent|request|requests|urlopen|urlretrieve|Request|ajax|stream|NewRequest|NewRequestWithContext|Do|do)$/
/** What takes its method from an object of options. */
export const OPTIONED = /^(?:fetch|\$fetch|ofetch|nodeFetch|node_fetch|got|ky|axios|superagent)$/
export const SENDERS = /http|session|client|request|axios|fetch|^got$|^ky$|conn|agent|rest|api|superagent|undici/i
/** What has `get` and the like of its own, whatever functions the program has. */
export const LIBRARIES =
  /^(?:requests|httpx|axios|https?|got|ky|urllib3?|undici|superagent|environ|headers|searchParams|params|cache|map|dict)$/i

/** What has `get` and the like, and is no client. */
export const NO_CLIENTS =
  /^(?:environ|headers|searchParams|params|cache|map|dict|cookies|store|storage|config|settings)$/i

/** What answers requests, or pretends to, instead of sending them. */
export const SERVERS = /^(?:app|router|server|mux|nock|scope|mock|interceptor|blueprint|bp)$/i
/** What makes such. */
export const SERVER_MAKERS =
  /^(?:gin\.(?:New|Default)|(?:echo|fiber|web)\.New|(?:chi|mux|gin)\.NewRouter|http\.NewServeMux|httprouter\.New|(?:new )?(?:express(?:\.Router)?|Router|fastify|Fastify|Hono|Elysia|Koa\w*)|FastAPI|Flask|APIRouter|Blueprint|Sanic|Starlette)$/
export const SERVES = /^(?:HandleFunc|Handle|Group|Mount|Route|route|add_url_rule|add_api_route|use)$/

/** Under which a client is told what stands in front of its paths. */
export const BASES = ['baseURL', 'baseUrl', 'prefixUrl', 'base_url', 'BaseURL']
/** What is told it as its first argument. */
export const BASED = /^(?:SetBaseURL|SetHostURL|ClientSession|BaseUrlSession|wretch)$/

/** What tells its words to people: prints, logs, throws. */
export const SAYS =
  /^(?:console\.\w+|(?:\w+\.)*(?:log|logger|logging)\.\w+|print|fmt\.(?:Print|Fprint)\w*|fmt\.Errorf|errors\.New|(?:click|typer)\.echo|\w*Error|\w*Exception|warnings\.warn)$/i
