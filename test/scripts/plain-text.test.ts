import { describe, expect, test } from 'vitest';
import { Output, plainText } from '../../scripts/output.ts';

const [esc, csi, osc, terminator] = ['\u001b', '\u009b', '\u009d', '\u009c'];

describe('plainText', () => {
  test.each([
    ['a text of people', 'naïve – ✓ 漢字 🎉\tand\nmore', 'naïve – ✓ 漢字 🎉\tand\nmore'],
    ['colours', `${esc}[1;31mred${esc}[0m ${csi}4mline`, 'red line'],
    ['the title of a window', `${esc}]0;owned\u0007text`, 'text'],
    ['a link', `${esc}]8;;https://example.test${esc}\\text${esc}]8;;${esc}\\`, 'text'],
    ['clearing the screen', `before${esc}[2J${esc}[Hafter`, 'beforeafter'],
    ['a sequence that never ends', `${esc}[31`, ''],
    ['carriage returns and backspaces', 'visible\rhidden\b\b\u0000\u007f', 'visiblehidden'],
    ['codes of one character above U+007F', `a${osc}b${terminator}c\u0085`, 'abc'],
    ["GitLab's end of a section", `${esc}[0Ksection_end:5:bake_base\r${esc}[0K`, ''],
    ["GitLab's start of one", `section_start:5:x[collapsed=true]\r${esc}[0Ktitle`, 'title'],
    ['a marker in a marker', `section_section_end:1:x[a]\r${esc}[0Kend:2:y\r${esc}[0K!`, '!'],
    ['what turns the direction of writing', 'ami-\u202e1\u2066x\u2069\u200f\u2028next', 'ami-1xnext'],
    ['a word of a script', 'see section_end in the docs', 'see section_end in the docs'],
  ])('%s', (_what, text, shown) => {
    expect(plainText(text)).toBe(shown);
  });
});

/** What a script may write: any character, and pieces of what terminals and GitLab act on. */
const pieces = [
  ...['section_', 'start', 'end', ':', '1:', 'a', '[collapsed=true]', '\r', '\n', '\t', ' ', '0', ';', 'm', 'K', '\\'],
  ...[esc, `${esc}[`, `${esc}[0K`, `${esc}]0;`, csi, osc, terminator, '\u0007', '\b', '\u0000', '🎉', 'é'],
  ...['section_end:1:a\r', `section_start:2:b\r${esc}[0K`, 'hunter22', 'hunt', 'er22'],
];

/** Numbers that look random and are the same in every run (https://en.wikipedia.org/wiki/Linear_congruential_generator). */
function* numbers(seed: number): Generator<number, never> {
  for (let state = seed; ; ) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state / 2 ** 32;
  }
}

function* texts(count: number): Generator<string> {
  const random = numbers(1);
  const next = () => random.next().value;
  for (let made = 0; made < count; made++) {
    yield Array.from({ length: Math.floor(next() * 12) }, () =>
      next() < 0.7 ? pieces[Math.floor(next() * pieces.length)] : String.fromCodePoint(Math.floor(next() * 0x180)),
    ).join('');
  }
}

/** How GitLab finds a marker in a log, by its own expression (lib/gitlab/regex.rb, `build_trace_section_regex`). */
const options = String.raw`(\[(?:\w+=\w+)(?:, ?(?:\w+=\w+))*\])?`;
const marker = new RegExp(`section_(start|end):(\\d+):([a-zA-Z0-9_.-]+)${options}\\r${esc}\\[0K`);

test('whatever a script writes: no control character, no marker, no secret reaches the log', () => {
  for (const text of texts(20_000)) {
    let printed = '';
    const out = new Output({ stdout: () => undefined, stderr: (line) => (printed += line), sections: true });
    out.redact('hunter22');
    out.detail(text);
    const what = JSON.stringify(text);
    expect(printed.match(/[^\P{Cc}\t\n]/u), what).toBeNull();
    expect(printed, what).not.toMatch(/section_(start|end):\d+:[\w.-]/);
    expect(printed, what).not.toContain('hunter22');
    expect(plainText(plainText(text)), what).toBe(plainText(text));
  }
});

test('the expression finds the markers that the output itself writes', async () => {
  let printed = '';
  const out = new Output({ stdout: () => undefined, stderr: (line) => (printed += line), sections: true });
  await out.section('bake_base', `title${esc}[2J`, async () => undefined);
  expect(marker.exec(printed)?.slice(1, 4)).toEqual(['start', expect.any(String), 'bake_base']);
  expect(printed).not.toContain('[2J');
});

test('a result in JSON is the same value, without a control character as it is', () => {
  let printed = '';
  const out = new Output({ stdout: (line) => (printed += line), stderr: () => undefined, json: true });
  const value = { text: `a${esc}[31m${csi}2J\u007f\u0085\nb` };
  out.result(value, '');
  expect(JSON.parse(printed)).toEqual(value);
  expect(printed).not.toMatch(/[^\P{Cc}\n]/u);
});
