import type { TargetName } from './options.ts';
import { ratio, type Goal, type Row, type Section } from './scenarios/scenario.ts';

export interface Failure {
  scenario: string;
  target: TargetName | undefined;
  message: string;
}

export interface Report {
  head: string[];
  sections: Section[];
  failures: Failure[];
}

export function toMarkdown(report: Report): string {
  const goals = report.sections.flatMap(section => section.goals);
  return [
    '# Bench',
    '',
    ...report.head.map(line => `- ${line}`),
    '',
    ...report.sections.flatMap(sectionLines),
    ...(goals.length > 0 ? ['## Goals', '', ...goalLines(goals), ''] : []),
    ...(report.failures.length > 0 ? ['## Failures', '', ...report.failures.map(failureLine), ''] : []),
  ].join('\n');
}

function sectionLines(section: Section): string[] {
  const table = [
    ['', 'bare', 'engine', 'naive', 'engine / bare', 'engine / naive'],
    ...section.rows.map(row => cellsOf(row)),
  ];
  return [`## ${section.title}`, '', ...markdownTable(table), '', ...section.notes.map(note => `${note}\n`)];
}

function cellsOf(row: Row): string[] {
  const { bare, engine, naive } = row.values;
  const value = (number: number | undefined) => figure(number, row.digits ?? 0);
  const times = (number: number | undefined) => (row.compared ? figure(number, 2) : '');
  return [
    row.label,
    value(bare),
    value(engine),
    value(naive),
    times(ratio(engine, bare)),
    times(ratio(engine, naive)),
  ];
}

/** Whether a goal was met; `undefined` when there is nothing to judge by. */
export function isMet(goal: Goal): boolean | undefined {
  if (goal.reached === undefined || Number.isNaN(goal.reached)) return undefined;
  if (goal.sense === 'at least') return goal.reached >= goal.limit;
  return goal.sense === 'at most' ? goal.reached <= goal.limit : goal.reached < goal.limit;
}

function goalLines(goals: Goal[]): string[] {
  const words = { true: 'met', false: '**missed**', undefined: 'not measured' };
  const rows = goals.map(goal => [
    goal.label,
    `${goal.sense} ${goal.limit} ${goal.unit}`,
    goal.reached === undefined ? '–' : `${figure(goal.reached, 2)} ${goal.unit}`,
    words[`${isMet(goal)}`],
  ]);
  return markdownTable([['goal', 'wanted', 'reached', ''], ...rows]);
}

function failureLine(failure: Failure): string {
  const [first, ...rest] = failure.message.split('\n');
  const more = rest.length > 0 ? `\n\n  \`\`\`\n  ${rest.join('\n  ')}\n  \`\`\`` : '';
  return `- **${failure.scenario}${failure.target ? `, ${failure.target}` : ''}**: ${first}${more}`;
}

function figure(value: number | undefined, digits: number): string {
  if (value === undefined || !Number.isFinite(value)) return '–';
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** Columns of equal width, so that the table reads well in a terminal too. */
function markdownTable(rows: string[][]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(3, ...rows.map(row => (row[column] ?? '').length)),
  );
  const line = (row: string[]) =>
    `| ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join(' | ')} |`;
  const rule = `| ${widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  const [head = [], ...body] = rows;
  return [line(head), rule, ...body.map(line)];
}
