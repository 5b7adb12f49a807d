"""How the pages look: one style sheet, inline, allowed by its digest and nothing else.

Calm, in the reader's own fonts, light or dark as she likes it; made for a phone first, then
for wider screens, then for paper. Nothing is told by colour alone: what is done is solid,
what is open is hatched, what waits is empty, and the numbers stand beside it.
"""

from __future__ import annotations

import base64
import hashlib

STYLE = """
:root{color-scheme:light dark;--ground:#f4f6f5;--card:#fff;--ink:#1c2729;--soft:#586669;--line:#dde4e2;
--link:#0b5f66;--done:#14807a;--open:#c2700a;--open-soft:#f6d9ae;--wait:#e3e9e7;--wait-line:#a9b6b3;
--skip:#8a6bb1;--bad:#a8321f;--chip:#edf2f0;--heat:#14807a;--on-heat:#fff;--on-done:#fff}
@media (prefers-color-scheme:dark){:root{--ground:#11181a;--card:#192224;--ink:#e4ebe9;--soft:#9cabab;
--line:#2b3739;--link:#7cd0cb;--done:#38a79d;--open:#e39a3b;--open-soft:#5c431f;--wait:#263133;
--wait-line:#5d6d6e;--skip:#ab8fd0;--bad:#f0907f;--chip:#243032;--heat:#4fc0b5;--on-heat:#0d1516;--on-done:#0d1516}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",
Roboto,"Noto Sans","Liberation Sans",Arial,sans-serif;overflow-wrap:anywhere}
a{color:var(--link);text-underline-offset:.15em;text-decoration-thickness:.06em}
a:hover{text-decoration-thickness:.14em}
:focus-visible{outline:3px solid var(--link);outline-offset:2px;border-radius:4px}
h1,h2,h3,p,ul,ol,dl,dd,figure{margin:0;padding:0}
ul,ol{list-style:none}
h1{font-size:1.5rem;line-height:1.25;letter-spacing:-.01em}
h2{font-size:1.06rem;line-height:1.3}
small,.soft{color:var(--soft);font-size:.875rem}
b,.number{font-variant-numeric:tabular-nums}
.id,code{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;font-size:.9em}
code{background:var(--chip);border-radius:4px;padding:.1em .35em}
.skip-link{position:absolute;left:-100vw}
.skip-link:focus{left:1rem;top:.5rem;background:var(--card);padding:.5rem 1rem;z-index:1}
.defs{position:absolute}
.top{display:flex;flex-wrap:wrap;align-items:center;gap:.4rem .75rem;max-width:72rem;margin:auto;
padding:.75rem 1rem;font-size:.9375rem}
.top .brand{display:inline-flex;align-items:center;gap:.5rem;font-weight:650;color:var(--ink);text-decoration:none}
.trail{display:flex;flex-wrap:wrap;gap:.15rem .5rem;min-width:0}
.trail li{min-width:0}
.trail li::before{content:"/";color:var(--wait-line);margin-right:.5rem}
.again{margin-left:auto}
main{display:grid;gap:1rem;max-width:72rem;margin:auto;padding:0 1rem 3rem;grid-template-columns:minmax(0,1fr)}
.head{display:grid;gap:.5rem;padding:.25rem 0}
.chips{display:flex;flex-wrap:wrap;gap:.375rem}
.chip{display:inline-block;background:var(--chip);color:var(--ink);border-radius:.8rem;padding:.05rem .65rem;
font-size:.8125rem;line-height:1.6;max-width:100%}
.chip.strong{background:var(--done);color:var(--on-done)}
.chip.is-open{background:transparent;color:var(--link);box-shadow:inset 0 0 0 1.5px var(--link)}
.chip.late{background:transparent;color:var(--bad);box-shadow:inset 0 0 0 1.5px var(--bad)}
.chip.plain{background:transparent;box-shadow:inset 0 0 0 1px var(--line)}
.jump{display:flex;gap:.25rem 1rem;flex-wrap:wrap;font-size:.9375rem}
.card{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:1rem;display:grid;
gap:.75rem;align-content:start;min-width:0;grid-template-columns:minmax(0,1fr)}
.card>header{display:flex;flex-wrap:wrap;gap:.25rem .75rem;align-items:baseline;justify-content:space-between}
.rows>li{border-top:1px solid var(--line);padding:.7rem 0;display:grid;gap:.35rem;
grid-template-columns:minmax(0,1fr)}
.history>li,.items>li{padding:.45rem 0}
.items .line{gap:.15rem .9rem}
.rows>li:first-child{border-top:0;padding-top:0}
.rows>li:last-child{padding-bottom:0}
.line{display:flex;flex-wrap:wrap;gap:.15rem .6rem;align-items:baseline;min-width:0}
.line>*{min-width:0}
.name{font-weight:600}
.says{font-size:.9375rem}
.says b{font-weight:600;color:var(--soft);margin-right:.35em}
.says.gets b{color:var(--done)}
.bar{display:block;width:100%;height:.75rem;border-radius:4px;background:var(--ground)}
.bar.tall{height:1.5rem;border-radius:6px}
.done{fill:var(--done)}
.open{fill:url(#hatch)}
.skipped{fill:url(#dots)}
.waiting{fill:var(--wait)}
.hatch-ground{fill:var(--open-soft)}
.hatch-line{fill:var(--open)}
.dots-ground{fill:var(--card)}
.dots-dot{fill:var(--skip)}
.legend{display:flex;flex-wrap:wrap;gap:.35rem 1.25rem}
.legend li{display:flex;align-items:center;gap:.45rem}
.legend svg{flex:none;border-radius:3px}
.legend .waiting{stroke:var(--wait-line);stroke-width:2}
.legend{font-size:.9375rem}
.legend.big{font-size:1rem}
.big b{font-size:1.375rem;line-height:1.2}
.scroll{overflow-x:auto;-webkit-overflow-scrolling:touch;margin:0 -1rem;padding:0 1rem}
table{border-collapse:collapse;width:100%;font-size:.9375rem}
th{font-weight:600;text-align:left;color:var(--soft);font-size:.8125rem;white-space:nowrap}
th,td{padding:.4rem .9rem .4rem 0;border-bottom:1px solid var(--line);vertical-align:top}
tr:last-child td{border-bottom:0}
th:last-child,td:last-child{padding-right:0}
td{overflow-wrap:normal}
td bdi{display:inline-block;max-width:15rem;overflow-wrap:break-word;vertical-align:top}
td bdi.name{min-width:5.5rem}
td bdi.id{max-width:26rem;min-width:8.5rem;overflow-wrap:anywhere}
.right{text-align:right}
time{white-space:nowrap}
pre code{padding:0;background:none}
pre{margin:0;font:inherit;background:var(--chip);border-radius:8px;padding:.6rem .8rem;overflow-x:auto;white-space:pre-wrap}
.history li{gap:0 1rem;grid-template-columns:minmax(0,1fr) auto}
.history .told{grid-column:1/-1;grid-row:2}
.facts{display:grid;gap:.35rem 1.25rem;grid-template-columns:minmax(0,1fr)}
.facts dt{color:var(--soft);font-size:.875rem}
.facts dd{margin-bottom:.35rem;min-width:0}
.heat{display:block;height:auto}
.heat text{font:600 11px system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Liberation Sans",Arial,sans-serif;
fill:var(--ink)}
.heat .who{font-weight:400;font-size:12px}
.heat .axis{fill:var(--soft);font-weight:400}
.heat .on{fill:var(--on-heat)}
.heat .none{fill:none;stroke:var(--wait-line);stroke-dasharray:3 3}
.heat .self{fill:var(--wait)}
.heat .cell{fill:var(--heat)}
form{display:grid;gap:.6rem .75rem;grid-template-columns:repeat(2,minmax(0,1fr));align-items:end}
form .wide{grid-column:1/-1}
form a{justify-self:start;align-self:center}
label{display:grid;gap:.15rem;font-size:.8125rem;color:var(--soft);min-width:0}
input,select,button{font:inherit;color:var(--ink);background:var(--card);border:1px solid var(--wait-line);
border-radius:8px;padding:.45rem .65rem;width:100%;min-width:0;min-height:2.6rem}
button{background:var(--link);border-color:var(--link);color:var(--card);font-weight:600;cursor:pointer}
.empty{padding:1.5rem 0;text-align:center;color:var(--soft)}
.pager{display:flex;flex-wrap:wrap;gap:.5rem 1.25rem}
footer{max-width:72rem;margin:auto;padding:0 1rem 2rem;font-size:.8125rem;color:var(--soft)}
footer form{display:block;margin-top:1rem}
footer button{width:auto;padding:.45rem 1.25rem;background:none;color:var(--link)}
.pair{display:grid;gap:1rem;grid-template-columns:repeat(auto-fit,minmax(min(100%,24rem),1fr));align-items:start}
.split{display:grid;gap:1rem;grid-template-columns:minmax(0,1fr);align-items:start}
.pair>.card{height:100%}
.split>*,.stack,.stack>*{min-width:0;display:grid;gap:.75rem;align-content:start;grid-template-columns:minmax(0,1fr)}
.islands>li{padding:.35rem 0}
summary{cursor:pointer;color:var(--link);padding:.25rem 0}
@media (min-width:44rem){
h1{font-size:1.75rem}
.card{padding:1.25rem 1.4rem}
.scroll{margin:0 -1.4rem;padding:0 1.4rem}
.tasks>li{grid-template-columns:minmax(0,5fr) minmax(0,6fr);gap:.35rem 2rem;align-items:center}
.people>li{grid-template-columns:minmax(0,3fr) minmax(0,8fr);gap:.25rem 2rem}
.people .says{grid-column:2}
.items>li{grid-template-columns:minmax(0,6fr) minmax(0,6fr);gap:.25rem 2rem;align-items:baseline}
.history li{grid-template-columns:11rem minmax(0,1fr) auto}
.history .told{grid-column:2;grid-row:1}
.facts{grid-template-columns:9rem minmax(0,1fr)}
.facts dd{margin:0}
form{grid-template-columns:repeat(3,minmax(0,1fr)) auto auto}
form .wide{grid-column:auto}
form button{min-width:7rem}
.split{grid-template-columns:minmax(0,1fr) minmax(0,auto);gap:1rem 2.5rem}
}
@media print{
:root{--ground:#fff;--card:#fff;--ink:#000;--soft:#444;--line:#bbb;--link:#000;--wait:#eee;--chip:#fff}
body{font-size:11pt}
.again,.jump,.skip-link,form,.pager{display:none}
.card{border:0;border-top:1px solid #999;border-radius:0;padding:.5rem 0;break-inside:auto}
.chip{box-shadow:inset 0 0 0 1px #999}
.rows>li,tr,.history li{break-inside:avoid}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}
.scroll{overflow:visible}
}
"""

DIGEST = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = "; ".join(
    [
        "default-src 'none'",
        f"style-src 'sha256-{DIGEST}'",
        "img-src 'self' data:",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)
"""What a browser may load and run for these pages: this style sheet and pictures, no script at all."""
