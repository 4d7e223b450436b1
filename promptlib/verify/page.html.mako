<!DOCTYPE html>
<%def name="described(lock)"><strong>${lock.name}</strong> ${lock.blocks}${", table rewritten" if lock.rewritten else ""}</%def>
<%def name="section(statement)"><span class="faint">${statement.direction.upper()}</span></%def>
<%def name="source(title, sql)">
<h4>${title}</h4>
<pre tabindex="0">${sql.strip("\n")}</pre>
</%def>
<%def name="changed(line)"><% tag = {"+": "ins", "-": "del"}.get(line[:1], "span") %><${tag}>${line}</${tag}></%def>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${verdict}</title>
<style>
:root {
  --text: #1b1f24; --faint: #59636e; --page: #fff; --block: #f3f5f7; --line: #d1d9e0;
  --good: #1a7f37; --bad: #c62828; --link: #0a58ca;
}
@media (prefers-color-scheme: dark) {
  :root {
    --text: #e3e8ee; --faint: #9aa4af; --page: #12161b; --block: #1d232a; --line: #38414b;
    --good: #57c26f; --bad: #ff7b72; --link: #79b8ff;
  }
}
* { box-sizing: border-box; }
body {
  max-width: 60rem; margin: 0 auto; padding: 1rem; overflow-wrap: anywhere;
  color: var(--text); background: var(--page); font: 1rem/1.5 system-ui, sans-serif;
}
h1, h2, h3, h4 { line-height: 1.25; margin: 1.5rem 0 .5rem; }
h1 { font-size: 1.4rem; margin-top: 0; }
h2 { font-size: 1.2rem; }
h3, h4 { font-size: 1rem; }
a { color: var(--link); }
code, pre { font: .85rem/1.45 ui-monospace, monospace; }
pre {
  margin: .5rem 0; padding: .75rem; overflow-x: auto; overflow-wrap: normal;
  background: var(--block); border: 1px solid var(--line); border-radius: .4rem;
}
table { width: 100%; border-collapse: collapse; font-size: .9rem; }
th, td {
  padding: .4rem .75rem .4rem 0; text-align: left; vertical-align: top;
  border-bottom: 1px solid var(--line);
}
.time { white-space: nowrap; }
.faint { color: var(--faint); font-size: .85rem; }
.good, ins { color: var(--good); }
.bad, del { color: var(--bad); }
ins, del { text-decoration: none; }
details { border-top: 1px solid var(--line); }
details:last-of-type { border-bottom: 1px solid var(--line); }
summary { padding: .75rem 0; cursor: pointer; }
summary h3 { display: inline; }
.finding { margin: 1rem 0; padding-left: .75rem; border-left: .25rem solid var(--bad); }
.finding p { margin: .25rem 0; white-space: pre-wrap; }
@media (max-width: 40rem) { /* cells below each other */
  thead { display: none; }
  table, tbody, tr, td { display: block; }
  tr { padding: .4rem 0; border-bottom: 1px solid var(--line); }
  td { padding: 0; border: 0; }
}
</style>
</head>
<body>
<h1>Does DOWN undo UP?</h1>
<p id="verdict"><strong class="${'good' if report.is_clean else 'bad'}">${verdict}</strong><br>
<span class="faint">${report.server}, in ${shown(report.seconds)}</span></p>
% if not report.is_clean:
<section id="findings">
<h2>Findings</h2>
<ul>
% for proof in report.proofs:
% for number, finding in enumerate(proof.findings, 1):
<li><a href="#${proof.version}-finding-${number}">${finding.place}</a>: ${finding.what.partition("\n")[0]}</li>
% endfor
% endfor
</ul>
</section>
% endif
% if report.unfilled:
<section id="unfilled">
<h2>Tables without made-up rows</h2>
<ul>
% for table, why in report.unfilled:
<li><code>${table}</code>: ${why}</li>
% endfor
</ul>
</section>
% endif
<section id="risks">
<h2>Risks</h2>
% if report.risks:
<p class="faint">What others wait for until the transaction ends, the worst first.</p>
<table>
<thead><tr><th>Table</th><th>Lock</th><th>Statement</th></tr></thead>
<tbody>
% for risk in report.risks:
<tr><td><code>${risk.lock.table}</code></td><td>${described(risk.lock)}</td>
<td>${section(risk.statement)} <a href="#${anchor(risk.proof, risk.statement)}"><code>${risk.statement.sql}</code></a>
<span class="faint">${shown(risk.statement.seconds)}</span></td></tr>
% endfor
</tbody>
</table>
% else:
<p>No statement blocks writes to a table that was there before, or rewrites one.</p>
% endif
</section>
<section id="migrations">
<h2>Migrations</h2>
% for proof in report.proofs:
<details id="${proof.version}"${"" if proof.is_clean else " open"}>
<summary><h3><span class="${'good' if proof.is_clean else 'bad'}">${"✓" if proof.is_clean else "✗"}</span>
${proof.version} ${proof.name.replace("_", " ")}</h3>
<span class="faint">${summary(proof)}</span></summary>
<p><code>${proof.path}</code></p>
% for number, finding in enumerate(proof.findings, 1):
<section class="finding" id="${proof.version}-finding-${number}">
<p>${finding.what}</p>
% if finding.place != proof.path:
<p class="faint">${where(proof, finding.place)}</p>
% endif
% if finding.diff:
<pre tabindex="0">
% for line in finding.diff:
${changed(line)}
% endfor
</pre>
% endif
% if any(line.startswith(("+", "-")) for line in finding.diff):
<p class="faint">+ is left over by DOWN, - is lost by it</p>
% endif
</section>
% endfor
% if proof.lost:
<h4>UP loses, and says so</h4>
<ul>
% for each in proof.lost:
<li>${each}</li>
% endfor
</ul>
% endif
% if proof.statements:
<h4>Statements</h4>
<table>
<thead><tr><th>Statement</th><th>Time</th><th>Locks</th></tr></thead>
<tbody>
% for statement in proof.statements:
<tr id="${anchor(proof, statement)}"><td>${section(statement)} <code>${statement.sql}</code>
<span class="faint">${where(proof, statement.place)}</span></td>
<td class="time">${shown(statement.seconds)}</td>
<td>
% for lock in statement.locks:
<div><code>${lock.table}</code> ${described(lock)}</div>
% endfor
</td></tr>
% endfor
</tbody>
</table>
% endif
${source("UP", proof.up)}
${source("DOWN", proof.down)}
</details>
% endfor
</section>
</body>
</html>
