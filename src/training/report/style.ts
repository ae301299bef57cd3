/** The report's style sheet: system fonts, light and dark by the reader's setting, one column on a phone. */
export const style = `
:root{color-scheme:light dark;--page:#f7f7f5;--card:#fff;--ink:#1b1d22;--soft:#5f646d;--faint:#8b9099;--rule:#e4e4df;--grid:#ececE8;
--c1:#2f6bd8;--c2:#d4621b;--c3:#0f8a72;--c4:#8a4fc8;--h1:#1f57c3;--h2:#bb4c0d;--bad:#c62f3b;--warn:#fdf3dc;--warn-ink:#6a4a05;--warn-rule:#ecd7a2;--on-strong:#fff}
@media (prefers-color-scheme:dark){:root{--page:#111316;--card:#191c20;--ink:#e8e9eb;--soft:#a2a8b2;--faint:#7f8691;--rule:#2b2f36;--grid:#262a30;
--c1:#78a6ff;--c2:#ff9b5a;--c3:#45cdb0;--c4:#c394ff;--h1:#78a6ff;--h2:#ff9b5a;--bad:#ff7680;--warn:#2c2412;--warn-ink:#f0d48f;--warn-rule:#56461d;--on-strong:#0c1320}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;font-variant-numeric:tabular-nums}
main{max-width:1080px;margin:0 auto;padding:44px 28px 64px}
h1,h2,h3,p,dl,dd,ol,ul,figure{margin:0;padding:0}
ol,ul{list-style:none}
h1{font-size:32px;line-height:1.18;letter-spacing:-.018em;font-weight:680;overflow-wrap:anywhere}
h2{font-size:19px;letter-spacing:-.01em;font-weight:650;margin-bottom:12px}
h3{font-size:14px;font-weight:600}
small{font-size:inherit}
section{margin-top:40px}
.kicker{font-size:12.5px;letter-spacing:.05em;text-transform:uppercase;font-weight:600;color:var(--c1);margin-bottom:8px}
.kicker span{color:var(--faint);font-weight:450;letter-spacing:.01em;text-transform:none;margin-left:10px}
.model{margin-top:8px;color:var(--soft);overflow-wrap:anywhere}
.model b{color:var(--ink);font-weight:600;margin-right:8px}
.lead{color:var(--soft);margin:-6px 0 14px;max-width:96ch}
.warnings{margin-top:22px;background:var(--warn);color:var(--warn-ink);border:1px solid var(--warn-rule);border-radius:10px;padding:12px 16px}
.warnings li{padding-left:22px;position:relative;overflow-wrap:anywhere}
.warnings li+li{margin-top:4px}
.warnings li::before{content:"!";position:absolute;left:0;top:3px;width:15px;height:15px;border-radius:50%;font:700 11px/15px system-ui,sans-serif;text-align:center;background:var(--warn-ink);color:var(--warn)}
.headline{margin-top:28px}
.tiles{display:flex;flex-wrap:wrap;gap:12px}
.tile,.chart,.scroll,.mix-ups,.examples>li,.definitions,.facts{background:var(--card);border:1px solid var(--rule);border-radius:12px}
.tile{padding:14px 18px 12px;display:flex;flex-direction:column;flex:1 1 150px;min-width:0}
.tile h3{color:var(--soft);font-weight:550}
.tile .value{font-size:30px;line-height:1.2;font-weight:640;letter-spacing:-.02em}
.tile.first{flex:1.6 1 280px;padding:18px 22px 16px}
.tile.first .value{font-size:52px;line-height:1.12;letter-spacing:-.03em;color:var(--c1)}
.interval{font-size:13px;color:var(--soft)}
.interval span{color:var(--ink);white-space:nowrap}
.range{display:block;margin-top:auto;padding-top:0;overflow:visible}
.tile .range{margin-top:10px}
.range .track{stroke:var(--rule);stroke-width:4;stroke-linecap:round}
.range .span{stroke:var(--c1);stroke-width:4;stroke-linecap:round;opacity:.45}
.range .baseline{stroke:var(--faint);stroke-width:2}
.facts{display:flex;flex-wrap:wrap;margin-top:12px;padding:12px 8px}
.facts div{flex:1 1 auto;padding:2px 14px}
.facts dt,.definitions dt{color:var(--soft);font-size:13px}
.facts dd{font-weight:600;font-size:16px}
.charts{display:grid;grid-template-columns:1fr 1fr;gap:12px}
.chart{padding:16px 18px 8px;min-width:0}
.chart.wide,.chart:last-child:nth-child(even){grid-column:1/-1}
.charts.pairs .chart:last-child:nth-child(even){grid-column:auto}.charts.pairs .chart:last-child:nth-child(odd){grid-column:1/-1}
.chart figcaption{display:flex;flex-wrap:wrap;align-items:baseline;gap:2px 18px;margin-bottom:12px}
.legend{display:flex;flex-wrap:wrap;gap:2px 16px;font-size:13px;color:var(--soft);margin-left:auto}
.legend b{color:var(--ink);font-weight:600;margin-left:3px}
.swatch{display:inline-block;width:16px;height:3px;border-radius:2px;margin-right:7px;vertical-align:middle}
.swatch.dot{width:9px;height:9px;border-radius:50%}
.c1{background:var(--c1)}.c2{background:var(--c2)}.c3{background:var(--c3)}.c4{background:var(--c4)}
.s1{stroke:var(--c1)}.s2{stroke:var(--c2)}.s3{stroke:var(--c3)}.s4{stroke:var(--c4)}
.f1{fill:var(--c1)}.f2{fill:var(--c2)}.f3{fill:var(--c3)}.f4{fill:var(--c4)}
.note{flex-basis:100%;font-size:13px;color:var(--warn-ink)}
.plot{padding:0 8px 40px 44px}
.plot>svg{display:block;overflow:visible}
.grid{stroke:var(--grid)}
.tick,.axis-name,.epoch-name,.empty{font-size:12px;fill:var(--soft)}
.axis-name{fill:var(--faint)}
.epoch{stroke:var(--rule);stroke-dasharray:2 3}
.epoch-name{fill:var(--faint);font-size:11px}
.curve{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
.curve.faint{stroke-width:1;opacity:.38}
.curve.points{stroke-width:1.5;opacity:.75}
.mark{stroke:var(--card);stroke-width:1.5}
.mark:hover{stroke:var(--ink)}
.point{opacity:.45}.point:hover{opacity:1}
.equal{stroke:var(--faint);stroke-dasharray:4 4}
.reliability .accuracy{fill:var(--c1);opacity:.8}.reliability .too-sure{fill:var(--c2);opacity:.3}.reliability .not-sure{fill:var(--c3);opacity:.8}.reliability .few{opacity:.45}
.curve.trial{stroke-width:1.25;opacity:.55}.curve.best{stroke-width:2.5;opacity:1}
.curve.ended{stroke:var(--faint);opacity:.4}.trial-point{opacity:.75}.trial-point:hover{opacity:1}.trial-point.ended{fill:var(--faint)}.swatch.ended{background:var(--faint)}
.missing{stroke:var(--bad);stroke-width:2}
.hover{fill:transparent}
.hover:hover{fill:var(--ink);fill-opacity:.06}
table{border-collapse:collapse;width:100%}
th{font-weight:500;text-align:left}
.scroll{overflow-x:auto}
.scroll.tall{max-height:640px;overflow-y:auto}
.classes th,.classes td,.baselines th,.baselines td{padding:7px 14px;border-top:1px solid var(--rule)}
.classes thead th,.baselines thead th{border-top:0;font-size:13px;color:var(--soft);white-space:nowrap;position:sticky;top:0;background:var(--card)}
.classes tbody th{min-width:96px;max-width:240px;overflow-wrap:break-word}
.bar{width:20%;min-width:96px}
.bar span{display:block;position:relative;padding-bottom:6px;white-space:nowrap}
.bar span::before,.bar span::after{content:"";position:absolute;left:0;bottom:0;height:4px;border-radius:2px;width:100%;background:var(--grid)}
.bar span::after{width:var(--w);background:var(--c1)}
.counts .bar{width:36%}
.bar.support span::after{background:var(--faint)}
.bar small{color:var(--soft);margin-left:8px;font-size:13px}
.number{text-align:right;white-space:nowrap}
.verdict-cell{white-space:nowrap}
.below{color:var(--soft);font-size:13px;margin-top:8px}
.number small{color:var(--soft);font-size:12.5px;margin-left:4px}
.baselines .wide-cell{width:42%;min-width:140px}
.baselines.ranking th,.baselines.ranking td{padding-left:8px;padding-right:8px}.ranking .interval-cell{width:16%;min-width:90px}.ranking thead th{white-space:nowrap}
.baselines .own th,.baselines .own td{font-weight:650;background:color-mix(in srgb,var(--c1) 8%,transparent)}
.baselines tr:not(.own) .f1{fill:var(--faint)}
.confusion{display:flex;flex-wrap:wrap;gap:12px;align-items:flex-start}
.confusion .scroll{padding:14px 16px 16px;max-width:100%;flex:0 1 auto}
.heat{width:auto;border-collapse:separate;border-spacing:3px}
.heat .axis{font-size:12px;color:var(--faint);font-weight:500;text-align:center}
.heat tr+tr .axis{text-align:right;vertical-align:bottom;padding:0 8px 2px 0}
.heat thead th:not(.axis){font-size:13px;text-align:center;color:var(--soft);padding:2px 4px;vertical-align:bottom}
.heat tbody th{font-size:13px;color:var(--soft);text-align:right;padding-right:8px;white-space:nowrap;position:sticky;left:0;background:var(--card)}
.heat tbody td{min-width:74px;height:58px;padding:4px 8px;border-radius:6px;text-align:center;background:color-mix(in srgb,var(--tone) var(--p),var(--grid));line-height:1.25}
.heat td.right{--tone:var(--h1)}.heat td.wrong{--tone:var(--h2)}
.heat td b{display:block;font-size:16px;font-weight:620}
.heat td small{font-size:12px;opacity:.85}
.heat td.strong{color:var(--on-strong)}
.heat td.zero b{font-weight:400;color:var(--faint)}
.heat td.zero small{visibility:hidden}
.heat.dense{border-spacing:1px}
.heat.dense tbody td{min-width:20px;height:22px;padding:0 1px;font-size:10.5px;border-radius:2px}
.heat.dense thead th:not(.axis){padding:2px 0;line-height:1.2}
.heat.dense thead tr:first-child .axis{text-align:left}
.heat.dense tbody th{font-size:12px}
.heat.dense thead th:not(.axis) span{writing-mode:vertical-rl;transform:rotate(180deg);font-size:12px;white-space:nowrap}
.pair{display:grid;grid-template-columns:minmax(0,320px) minmax(0,1fr);gap:0 28px;align-items:start}
.pair.room{grid-template-columns:minmax(0,1fr)}
.mix-ups{padding:14px 18px;flex:1 1 300px}
.mix-ups h3{margin-bottom:6px}
.mix-ups li{display:flex;gap:10px;padding:6px 0;border-top:1px solid var(--rule);align-items:baseline}
.mix-ups li:first-child{border-top:0}
.mix-ups span{flex:1;overflow-wrap:anywhere}
.mix-ups i{color:var(--faint);font-style:normal;font-size:13px}
.mix-ups small{color:var(--soft);min-width:52px;text-align:right;font-size:13px}
.examples{display:grid;gap:10px}
.examples>li{padding:14px 18px;min-width:0}
.verdict{display:flex;flex-wrap:wrap;gap:6px 8px;align-items:center;margin-bottom:8px}
.chip{border-radius:999px;padding:2px 11px;font-size:13px;font-weight:600;overflow-wrap:anywhere}
.chip small{font-weight:450;opacity:.8;font-size:12px;margin-right:2px}
.chip b{font-weight:450;margin-left:4px}
.chip.truth{color:var(--c1);background:color-mix(in srgb,var(--c1) 11%,transparent)}
.chip.guess{color:var(--c2);background:color-mix(in srgb,var(--c2) 12%,transparent)}
.source{margin-left:auto;font-size:13px;color:var(--faint);overflow-wrap:anywhere}
mark{color:inherit;background:none;border-radius:2px;padding-bottom:1px}
mark.truth{border-bottom:2px solid var(--c1)}
mark.guess{background:color-mix(in srgb,var(--c2) 22%,transparent)}
.text{overflow-wrap:anywhere;white-space:pre-wrap}
p.text{max-height:260px;overflow:auto}
p.text+.text,details.text+.text{margin-top:8px;padding-top:8px;border-top:1px dashed var(--rule)}
details.text summary{cursor:pointer;list-style:none;white-space:normal}
details.text summary::-webkit-details-marker{display:none}
details.text summary::after{content:" Show all";color:var(--c1);font-size:13px;white-space:nowrap}
details.text[open] summary span{display:none}
details.text[open] summary::after{content:"Show less"}
details.text p{max-height:480px;overflow:auto;margin-top:4px}
.more{margin-top:10px}
.more>summary{cursor:pointer;color:var(--c1);padding:6px 2px}
.definitions{display:grid;grid-template-columns:repeat(auto-fit,minmax(270px,1fr));gap:0 28px;padding:8px 18px}
.definitions div{display:flex;justify-content:space-between;gap:16px;padding:6px 0;border-bottom:1px solid var(--grid);font-size:14px}
.definitions dt{flex:none;max-width:60%;overflow-wrap:anywhere}
.definitions dd{text-align:right;overflow-wrap:anywhere;min-width:0}
.definitions+.scroll{margin-top:12px}
footer{margin-top:48px;color:var(--faint);font-size:13px}
:focus-visible{outline:2px solid var(--c1);outline-offset:2px}
@media (max-width:720px){.pair{grid-template-columns:minmax(0,1fr)}main{padding:26px 14px 48px}h1{font-size:25px}section{margin-top:32px}
.charts{grid-template-columns:minmax(0,1fr)}.chart{padding:14px 12px 6px}.legend{margin-left:0}
.tiles{gap:10px}.tile{padding:12px 14px 10px;flex-basis:40%}.tile.first{flex-basis:100%}.tile .value{font-size:25px}
.epoch-name{display:none}.facts div{flex-basis:44%}.source{margin-left:0;flex-basis:100%}
.classes th,.classes td,.baselines th,.baselines td{padding:7px}.classes tbody th{min-width:76px}.bar{min-width:66px}.baselines .wide-cell{display:none}
.heat tbody td{min-width:58px;height:50px;padding:3px 4px}.confusion .scroll{padding:10px}.definitions{padding:6px 14px}}
@media print{body{background:#fff}.scroll.tall{max-height:none}.tile,.chart,.examples>li{break-inside:avoid}}
`
