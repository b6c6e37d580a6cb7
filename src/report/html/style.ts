import type {Scope} from '../../scopes/vocabulary.ts'

/** The tracks of this grid's columns, and on a phone each cell's scope, which the heading no longer tells there. */
export function columnStyle(columns: readonly Scope[]): string {
  const labels = columns.map(
    (scope, index) =>
      `.grid tr>td:nth-child(${index + 3}):is(.needed,.missing,.excess,.unknown)::after{content:" ${scope}"}`,
  )
  return `
.grid{--tracks:minmax(10.5rem,17rem) 8rem repeat(${columns.length},minmax(1.75rem,1fr)) 10rem;--scopes:${Math.max(1, columns.length)}}
@media screen and (min-width:720px){.grid{min-width:${28.5 + columns.length * 1.75}rem}}
@media screen and (max-width:719px){${labels.join('')}}
`
}

/** Contrast of every pair used is at least 4.5 to 1, in light and in dark; the browser tests ask axe. */
export const STYLE = `
:root{color-scheme:light dark;
--paper:light-dark(#fbfaf7,#14171a);--card:light-dark(#fff,#1b1f23);--ink:light-dark(#1d2327,#e6e4df);--soft:light-dark(#59626a,#a0a8af);
--line:light-dark(#e3e0d8,#2d3339);--strong-line:light-dark(#c9c4b8,#454d55);--link:light-dark(#0b5a78,#7cc4e4);--focus:light-dark(#0b5a78,#8fd3f4);
--ok:light-dark(#2f6f62,#7fc4b2);--ok-fill:light-dark(#5fa595,#3f8273);--ok-wash:light-dark(#e7f2ee,#1d2f2b);
--bad:light-dark(#a3231f,#ff9d94);--bad-fill:#c4423b;--bad-wash:light-dark(#fbe6e2,#44211f);
--high:light-dark(#9a3f0c,#f6ab7c);--high-wash:light-dark(#fcebdd,#40281a);
--warn:light-dark(#785300,#e6c06a);--warn-fill:light-dark(#d39a1f,#c08f2c);--warn-wash:light-dark(#fbf1d8,#37301b);
--unknown:light-dark(#5b4a8a,#c0b2ec);--unknown-fill:light-dark(#8c7cc0,#8172b8);--unknown-wash:light-dark(#efebf8,#2b2640);
--mono:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace}
:root[data-theme=light]{color-scheme:light}
:root[data-theme=dark]{color-scheme:dark}
*{box-sizing:border-box}
[hidden]{display:none!important}
:root:not(.js) .scripted{display:none}
.unseen{position:absolute;width:1px;height:1px;margin:-1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
html{-webkit-text-size-adjust:100%;scroll-padding-top:4.5rem}
body{margin:0 auto;max-width:84rem;padding:1.75rem clamp(1rem,3vw,2.5rem) 3rem;background:var(--paper);color:var(--ink);
font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
code,time{font-variant-numeric:tabular-nums}
code{font-family:var(--mono);font-size:.875em}
a{color:var(--link);text-underline-offset:.2em;text-decoration-thickness:1px}
:focus-visible{outline:2px solid var(--focus);outline-offset:2px;border-radius:3px}
h2:focus{outline:none}
.skip:focus{position:fixed;top:.5rem;left:.5rem;z-index:9;width:auto;height:auto;margin:0;clip-path:none;padding:.5rem 1rem;background:var(--card);border:1px solid var(--strong-line)}
button,select,input{font:inherit;color:inherit}
button,select,input[type=search]{background:var(--card);border:1px solid var(--strong-line);border-radius:6px;padding:.25rem .7rem;min-height:2.125rem}
button{flex:none;white-space:nowrap;cursor:pointer}
button:hover{border-color:var(--soft)}
.dim,.note,small{color:var(--soft)}
.note{margin:.25rem 0 1rem;max-width:90ch}
.scroller+.empty+.note{margin-top:.75rem;font-size:.85rem}
.empty{padding:1.5rem;border:1px dashed var(--strong-line);border-radius:8px;color:var(--soft);text-align:center}

.title{display:flex;justify-content:space-between;align-items:start;gap:1rem}
.eyebrow{margin:.3rem 0 0;color:var(--soft)}
h1{margin:.35rem 0 1rem;font-size:clamp(2rem,5.5vw,3.25rem);line-height:1.08;font-weight:650;letter-spacing:-.025em;text-wrap:balance}
.bar{display:block;border-radius:7px;background:var(--line)}
.bar .ok{fill:var(--ok-fill)}.bar .findings{fill:var(--warn-fill)}.bar .unknown{fill:var(--unknown-fill)}
.parts{display:flex;flex-wrap:wrap;gap:.25rem 1.5rem;margin:.6rem 0 1.5rem;padding:0;list-style:none;color:var(--soft)}
.parts b{color:var(--ink);font-weight:650}
.swatch{display:inline-block;width:.65rem;height:.65rem;margin-right:.45rem;border-radius:2px}
.swatch.ok{background:var(--ok-fill)}.swatch.findings{background:var(--warn-fill)}.swatch.unknown{background:var(--unknown-fill)}
.grades{display:grid;grid-template-columns:repeat(4,1fr);gap:.75rem;margin:0 0 1.5rem;padding:0;list-style:none}
.tile{display:flex;align-items:baseline;gap:.55rem;height:100%;padding:.6rem .95rem;background:var(--card);border:1px solid var(--line);border-left:4px solid var(--tone);border-radius:8px;color:var(--ink);text-decoration:none}
a.tile:hover{border-color:var(--tone)}
.tile b{font-size:1.6rem;line-height:1.2;font-weight:650;letter-spacing:-.02em}
.tile span{color:var(--tone)}
.critical{--tone:var(--bad);--wash:var(--bad-wash)}.high{--tone:var(--high);--wash:var(--high-wash)}.medium{--tone:var(--warn);--wash:var(--warn-wash)}.low{--tone:var(--soft);--wash:var(--line)}
.grade.none{--tone:var(--soft)}
.grade.none .tile{border-left-color:var(--line)}
.grade.none b{color:var(--soft);font-weight:400}
.facts{display:flex;flex-wrap:wrap;gap:.6rem 2.25rem;margin:0;padding-bottom:1.25rem}
.facts dt{color:var(--soft);font-size:.8rem}
.facts dd{margin:0}

nav ul{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;margin:0;padding:.7rem 0;border-top:1px solid var(--line);list-style:none}
.filters{display:block;position:sticky;top:0;z-index:5;background:var(--paper);border-bottom:1px solid var(--line);padding:.6rem 0}
.filters form{display:flex;flex-wrap:wrap;align-items:center;gap:.5rem .9rem;min-height:2.125rem}
.filters legend{color:var(--soft);font-size:.8rem}
.filters label{display:flex;align-items:center;gap:.45rem}
.filters input[type=search]{width:14rem}
.filters select{max-width:10rem;padding-right:.3rem}
fieldset{display:flex;align-items:center;gap:.3rem;margin:0;padding:0;border:0;min-width:0}
legend{float:left;padding:0;margin-right:.45rem}
.chip input{position:absolute;opacity:0;width:1px;height:1px}
.filters .chip span{display:block;padding:.15rem .6rem;border:1px solid var(--strong-line);border-radius:99px;color:var(--ink);background:var(--card);font-size:.8rem;cursor:pointer}
.filters .chip input:checked+span{background:var(--ink);border-color:var(--ink);color:var(--paper)}
.chip input:focus-visible+span{outline:2px solid var(--focus);outline-offset:2px}
#count{margin:0 0 0 auto;color:var(--soft);font-size:.8rem}
.filters button[type=reset]{min-height:1.75rem;padding:0 .6rem;font-size:.8rem}
:root:not(.filtered) .filters button[type=reset]{display:none}
main>section,.pair>section{margin-top:2.5rem}
h2{margin:0 0 .6rem;font-size:1.45rem;font-weight:650;letter-spacing:-.015em}

.legend{display:flex;flex-wrap:wrap;gap:.3rem 1.25rem;margin:0 0 .8rem;padding:0;list-style:none;font-size:.85rem;color:var(--soft)}
.legend li{display:flex;align-items:center;gap:.45rem}
.legend strong{color:var(--ink);font-weight:600}
.sign{display:inline-grid;place-items:center;width:1.5rem;height:1.5rem;border-radius:4px;font-weight:700}
.large .scroller{max-height:calc(100vh - 7.5rem)}
.scroller{overflow:auto;background:var(--card);border:1px solid var(--line);border-radius:10px}
.grid{display:block;border-spacing:0;font-size:.875rem}
.grid thead{position:sticky;top:0;z-index:3;display:block;background:var(--card)}
.grid tbody{display:block}
.grid tr{display:grid;grid-template-columns:var(--tracks);align-items:stretch}
.grid tbody tr:not(.group){min-height:2.75rem;border-top:1px solid var(--line)}
.large .grid tbody tr:not(.group){content-visibility:auto;contain-intrinsic-size:auto 2.75rem}
.grid th,.grid td{display:grid;align-content:center;padding:.15rem .5rem;text-align:left;font-weight:400}
.grid thead th{align-content:end;padding:.6rem .5rem;border-bottom:1px solid var(--strong-line);color:var(--soft);font-size:.8rem}
.grid th.name{position:sticky;left:0;z-index:1;padding-left:1rem;background:var(--card);font-weight:550;line-height:1.25}
.grid thead th.scope{justify-content:center;padding:.6rem 0;color:var(--ink);font-family:var(--mono);font-size:.78rem}
.grid thead th.scope span{writing-mode:vertical-rl;rotate:180deg;white-space:nowrap}
.grid small{display:block;font-size:.85em;font-weight:400;line-height:1.3}
.grid .group th{grid-column:1/-1;display:flex;flex-wrap:wrap;align-items:baseline;gap:0 .75rem;padding:1.1rem 1rem .4rem;font-size:1rem;font-weight:650}
.grid .group span{color:var(--soft);font-size:.8rem;font-weight:400}
.grid tbody tr:not(.group):hover,.grid tbody tr:not(.group):hover th{background:light-dark(#f5f3ed,#21262b)}
.grid td.state b{font-weight:550}
.grid td.state.ok b{color:var(--ok);font-weight:400}.grid td.state.unknown b{color:var(--unknown)}
.grid td.state.findings b{color:var(--tone)}
.grid td.token{display:flex;flex-wrap:wrap;align-items:center;align-content:center;justify-content:space-between;gap:0 .5rem;padding-right:1rem;color:var(--soft);white-space:nowrap}
.grid thead th.token{padding-right:1rem}
.grid td.span{grid-column:span var(--scopes);padding-inline:.75rem;margin:.25rem 0;border-radius:6px;background:var(--unknown-wash);color:var(--unknown);font-size:.82rem;line-height:1.3}
.grid td.dead{background:var(--bad-wash);color:var(--bad)}
.needed,.missing,.excess,.unknown,.absent{--sign:"·"}
.needed{--sign:"✓"}.missing{--sign:"✕"}.excess{--sign:"+"}.unknown{--sign:"?"}
.sign.needed{background:var(--ok-wash);color:var(--ok)}
.sign.missing{background:var(--bad-fill);color:#fff}
.sign.excess{background:var(--warn-wash);color:var(--warn);box-shadow:inset 0 0 0 1.5px var(--warn-fill)}
.sign.unknown{background:var(--unknown-wash);color:var(--unknown);box-shadow:inset 0 0 0 1.5px var(--unknown-fill)}
.sign.absent{color:var(--soft)}

section.grave{margin:1.5rem 0 0}
h3{display:flex;align-items:center;gap:.6rem;margin:0 0 .2rem;font-size:1rem;font-weight:550}
.badge{padding:.1rem .65rem;border-radius:99px;background:var(--wash);color:var(--tone);font-weight:650;font-size:.875rem}
.badge.low{color:var(--ink)}
.count{color:var(--soft);font-weight:400;font-size:.875rem}
.rule{margin:.8rem 0 1.25rem;background:var(--card);border:1px solid var(--line);border-radius:10px;overflow:hidden}
.grave .rule{border-left:4px solid var(--tone)}
.rule>header{display:grid;grid-template-columns:1fr auto;align-items:center;gap:.1rem 1rem;padding:.7rem 1rem}
h4{margin:0;font-size:1rem;font-weight:600}
h4 code{margin:0 .3rem;color:var(--soft);font-weight:400}
.rule .note{grid-column:1/-1;margin:0}
.items{margin:0;padding:0;list-style:none}
.items>li{display:grid;grid-template-columns:minmax(9rem,13rem) minmax(0,1fr) minmax(14rem,25rem);gap:.25rem 1.25rem;align-items:start;padding:.6rem 1rem;border-top:1px solid var(--line)}
.large .items>li{content-visibility:auto;contain-intrinsic-size:auto 5rem}
.items p{margin:0}
.who span{display:block;color:var(--soft);font-size:.8rem}
.who strong{font-weight:600}
.accepted{color:var(--unknown);font-size:.875rem}
.fix{display:flex;align-items:center;gap:.5rem;justify-content:space-between;padding:.2rem .25rem .2rem .7rem;background:var(--paper);border:1px solid var(--line);border-radius:6px}
.fix code{min-width:0}
.fix button{flex:none;min-height:1.75rem;padding:0 .6rem;font-size:.8rem}
button.done{border-color:var(--ok);color:var(--ok)}
details summary{width:max-content;color:var(--soft);font-size:.85rem;cursor:pointer}
details.more summary{width:auto;font-size:inherit}
details.more p{margin:.3rem 0 0}
details dl{margin:.3rem 0;font-size:.85rem}
details dl div{display:grid;grid-template-columns:6rem minmax(0,1fr);gap:.5rem}
dt{color:var(--soft)}
dd{margin:0}
details dd{font-family:var(--mono);font-size:.8rem}

.list{width:100%;border-spacing:0;border-collapse:collapse;font-size:.875rem}
.list caption{text-align:left;color:var(--soft)}
.list th,.list td{padding:.4rem .9rem .4rem 0;border-top:1px solid var(--line);text-align:left;font-weight:400;vertical-align:top}
.list thead th{border-top:0;color:var(--soft);font-size:.8rem}
.list tbody th{font-weight:550}
.scroller.plain{max-height:24rem}
.plain .list th,.plain .list td{padding:.35rem .75rem}
@media (min-width:720px){.plain time,.phase,.plain .took{white-space:nowrap}}
.plain small{display:block;font-weight:400}
.plain thead th{position:sticky;top:0;background:var(--card);border-bottom:1px solid var(--strong-line)}
.pair{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:0 3rem}
figure{margin:0 0 1rem}
figcaption{color:var(--soft);font-size:.85rem}
.key{margin-right:1.25rem;white-space:nowrap}
.chart{display:block;overflow:visible}
.chart text{fill:var(--ink);font-size:12px;text-anchor:middle}
.chart .axis,.chart .lane{fill:var(--soft)}
.chart .lane{text-anchor:start}.chart .lane.end{text-anchor:end}
.chart line{stroke:var(--strong-line)}
.within{fill:var(--ok-fill)}.too-old{fill:var(--warn-fill)}.hatch{fill:var(--ink);opacity:.55}
.lanes circle{fill-opacity:.75}
circle.completed{fill:var(--ok-fill)}circle.open{fill:var(--unknown-fill)}circle.rolled-back{fill:var(--bad-fill)}
.phase.completed{color:var(--ok)}.phase.open{color:var(--unknown)}.phase.rolled-back{color:var(--bad)}
footer{margin-top:3rem;padding-top:1rem;border-top:1px solid var(--line);color:var(--soft);font-size:.85rem}

@media print,(min-width:720px){
.grid td:is(.needed,.missing,.excess,.unknown,.absent):not(.state){position:relative;margin:.3rem .15rem;padding:0;border-radius:4px;justify-items:center}
.grid td:not(.state,.token,.span)::before{content:var(--sign);font-weight:700}
.grid td:not(.state,.token,.span) span{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
}
.grid td.needed{background:var(--ok-wash);color:var(--ok)}
.grid td.missing{background:var(--bad-fill);color:#fff}
.grid td.excess{background:var(--warn-wash);color:var(--warn);box-shadow:inset 0 0 0 1.5px var(--warn-fill)}
.grid td.unknown:not(.state){background:var(--unknown-wash);color:var(--unknown);box-shadow:inset 0 0 0 1.5px var(--unknown-fill)}
.grid td.absent{color:var(--strong-line)}

@media (min-width:1100px){.filters legend{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}}
@media screen and (max-width:1023px){
.pair{grid-template-columns:minmax(0,1fr)}
.items>li{grid-template-columns:minmax(9rem,13rem) minmax(0,1fr)}
.fix{grid-column:2}
}
@media screen and (max-width:719px){
body{padding-top:1rem}
html{scroll-padding-top:.5rem}
.grades{grid-template-columns:repeat(2,1fr)}
.facts{display:grid;gap:.5rem}
.facts>div{display:grid;grid-template-columns:5rem 1fr}
.filters{position:static}
.filters .text,.filters input[type=search]{width:100%}
#count{margin:0}
.filters fieldset{flex-wrap:wrap;width:100%}
.legend{display:grid}
.large .scroller:not(.plain){max-height:85vh}
.grid{min-width:0}
.grid thead{position:static;height:1px;overflow:hidden;clip-path:inset(50%)}
.grid tr:not(.group){display:flex;flex-wrap:wrap;gap:.35rem .4rem;align-items:center;padding:.65rem .9rem}
.large .grid tbody tr:not(.group){contain-intrinsic-size:auto 7rem}
.grid th,.grid td{display:block;padding:0}
.grid .group{display:block}
.grid th.name{position:static;flex:1 1 calc(100% - 7.5rem);min-width:0;padding:0;font-size:1rem}
.grid td.state{flex:0 0 6.5rem;text-align:right}
.grid td.absent{display:none}
.grid td:is(.missing,.excess,.unknown):not(.state){order:-1}
.grid th.name,.grid td.state,.grid td.span{order:-2}
.grid td.needed span{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
.grid td:is(.needed,.missing,.excess,.unknown):not(.state){padding:.05rem .5rem;border-radius:99px;font-size:.8rem}
.grid td:is(.needed,.missing,.excess,.unknown):not(.state)::before{content:var(--sign) " ";font-weight:700}
.grid td.token{flex:1 0 100%;justify-content:start;padding:0}
.grid td.span{flex:1 0 100%;padding:.35rem .6rem}
.items>li{grid-template-columns:minmax(0,1fr)}
.who span{display:inline;margin-left:.4rem}
.fix{grid-column:1}
.rule>header{grid-template-columns:minmax(0,1fr)}
.rule>header button{order:3;justify-self:start;margin-top:.4rem}
.list td,.list thead th{overflow-wrap:break-word}
.plain .list th,.plain .list td{padding:.35rem .5rem}
.plain .list tbody th{min-width:6rem}
}
@media (pointer:coarse){.fix button,.filters .chip span{min-height:2.25rem;padding-block:.4rem}}
@media (prefers-reduced-motion:no-preference){html{scroll-behavior:smooth}}
@media (forced-colors:active){.grid td,.sign,.badge{border:1px solid}.chart rect{forced-color-adjust:none}}
@media print{
:root,:root[data-theme]{color-scheme:light;--paper:#fff}
body{max-width:none;padding:0;font-size:10pt}
.scripted,nav,.skip,details:not([open]):not(.more){display:none!important}
.pair{grid-template-columns:minmax(0,1fr)}
.scroller,.large .scroller,.scroller.plain{max-height:none;overflow:visible;border:0}
.grid{--tracks:minmax(0,3fr) minmax(0,1.7fr) repeat(var(--scopes),minmax(0,1fr)) minmax(0,2fr);font-size:7.5pt}
.grid thead th.scope{font-size:7pt}
.grid code{font-size:6.5pt}
.grid thead,.grid th.name{position:static}
.large .grid tbody tr:not(.group),.large .items>li{content-visibility:visible}
.grid tr,.items>li,figure{break-inside:avoid}
h2,h3,h4,.grid .group{break-after:avoid}
.items>li{grid-template-columns:9rem minmax(0,1fr) minmax(0,1fr)}
.grid td,.sign,.bar,.swatch,.chart,.tile,.badge{print-color-adjust:exact;-webkit-print-color-adjust:exact}
}
`
