/** Cases in which the checker and the agent differ, and why. */
interface Difference {
  readonly reason: string;
  readonly cases: readonly string[];
}

/** What the agent takes and the checker refuses. */
export const stricter: readonly Difference[] = [
  {
    reason: 'AWS documents one version, 0.0, written as a bare number with one digit after the point',
    cases: [
      'version 0',
      'version 0.00',
      'version 0.',
      'version -0.0',
      'version +0.0',
      'version .0',
      'version 0x0',
      'version 0b0',
      'version 00',
      'version 0_0',
      'version 0,0',
      'version 0:0',
      'version 00.0',
    ],
  },
  {
    reason: 'a key that is written another way is never read: what is below it does not happen',
    cases: [
      'files in capitals',
      'an unknown key',
      'hooks in capitals',
      'permissions in capitals',
      'an event at the top',
      'an event at the top behind a backslash',
      'an event at the top in lower case',
    ],
  },
  {
    reason: 'AWS documents no keys behind a question mark',
    cases: [
      'a question mark key',
      'a list as a key',
      'a question mark before a list',
      'a question mark in a list',
      'a question mark that begins a line of a plain text',
    ],
  },
  {
    reason: 'an AppSpec for another compute platform says nothing to an instance',
    cases: ['an AppSpec for ECS with an os'],
  },
  {
    reason: 'scripts of events that AWS does not document for EC2 never run',
    cases: [
      'event "Start"',
      'event "DownloadBundle"',
      'event "Install"',
      'event "BlockTraffic"',
      'event "AllowTraffic"',
      'event "End"',
      'event "AfterAllowTestTraffic"',
      'event "afterinstall"',
      'event "After Install"',
      'event "After-Install"',
      'event "after_install"',
      'event "AfterInstal"',
      'event "AfterInstall "',
      'event "PreStart"',
      'event "Validate"',
      'event "5"',
      'event "~"',
    ],
  },
  {
    reason: 'AWS documents at most 3600 seconds for the scripts of one event',
    cases: ['timeout 3601', 'timeout 9999', 'timeout 99999999999999999999', 'two timeouts of 3601 together'],
  },
  {
    reason: 'AWS documents seconds, a number: the agent takes 5m for 5, a bare 0300 for 192 and 10:00 for 36000',
    cases: [
      'timeout 300.9',
      'timeout 0300',
      'timeout 0x10',
      'timeout 1_000',
      'timeout 1,000',
      'timeout 1e2',
      'timeout "1e2"',
      'timeout 5m',
      'timeout "5 m"',
      'timeout 1.5',
      'timeout 10:00',
      'timeout 1:30',
      'timeout "1:30"',
      'timeout 08',
      'timeout 09',
      'timeout 0b11',
    ],
  },
  {
    reason:
      'AWS documents octal digits, in quotes when the first is 0: the agent applies the number that YAML 1.1 makes of others',
    cases: [
      'mode 0644',
      'mode 0777',
      'mode 04755',
      'mode 07',
      'mode 00',
      'mode 000',
      'mode 0000',
      'mode 0x1a4',
      'mode 1_1',
      'mode +644',
      'mode 1:1',
    ],
  },
  { reason: 'an empty mode takes away all rights', cases: ['mode ""'] },
  {
    reason: 'AWS documents a list or a mapping here; false and {} are read as nothing',
    cases: ['files an empty mapping', 'files false', 'hooks false', 'an event false'],
  },
  {
    reason: "AWS documents a path in the revision: outside are the agent's own files",
    cases: ['source ..', 'source ../deployment-archive/one'],
  },
  { reason: 'AWS documents / for the whole revision; a blank text is a slip', cases: ['source ""'] },
  {
    reason: 'AWS documents a text here, which a list of one text only happens to be',
    cases: ['source [app]', 'destination [/srv]', 'runas [daemon]', 'object "[/srv/x]"'],
  },
  {
    reason:
      'AWS documents a fully qualified path: others end below whatever folder the agent was started in, or mean nothing',
    cases: [
      'destination srv/x',
      'destination ./x',
      'destination "c:\\\\x"',
      'destination \\srv',
      'object "srv/x"',
      'object "5"',
    ],
  },
  {
    reason: 'no user of a machine is called so: the script would fail when it starts',
    cases: ['runas ""', 'runas 5', 'runas "daemon bin"'],
  },
  { reason: 'a shell expands it', cases: ['context type with $', 'context name with $', 'acl of a user with $'] },
  { reason: 'a pattern that is empty fits nothing', cases: ['pattern ""'] },
  {
    reason: 'AWS documents an SELinux type and a range without a comma at its end',
    cases: ['context with an empty type', 'range s0:c1,'],
  },
  {
    reason: "AppSpec has no tags, and only Ruby's YAML reads these so",
    cases: [
      'an exclamation mark at the start of a value',
      'a tag !!str',
      'a tag !!float',
      'a tag !!float on a quoted text',
      'a tag !!int',
      'a tag !!binary',
      'a tag !!omap',
      'a tag of an application',
      'a tag of a Ruby symbol',
      'a tag of a Ruby string',
      'an unknown tag !!foo',
      'a symbol as event',
    ],
  },
  {
    reason: "only Ruby's YAML reads these so; editors and other tools refuse them or show something else",
    cases: [
      'NEL as a line end',
      'a no-break space as indentation',
      'a flow mapping over lines at column 0',
      'a quoted text over lines at column 0',
    ],
  },
  {
    reason: 'links are followed when a revision is packed: a broken one cannot be',
    cases: ['a link that leads nowhere in the revision'],
  },
  {
    reason: 'sh runs it without its first line, and bash scripts are not for sh',
    cases: ['a byte order mark before the shebang'],
  },
  {
    reason: 'a shell expands the name: another file may be run',
    cases: ['* in the name', '? in the name', '[ in the name', 'a dollar sign and no letter'],
  },
  {
    reason: 'a shell expands the name: the rights of another file may be set',
    cases: ['*', '?', '[', '$$'].flatMap((sign) => [
      `acls of a file with ${sign} in its name`,
      `context of a file with ${sign} in its name`,
    ]),
  },
  {
    reason: 'what the next deployment does not find it does not remove: RETAIN keeps it for ever',
    cases: ['a name that ends with a space, OVERWRITE', 'a name that ends with a space, RETAIN'],
  },
];

/** What the agent refuses and a checkout does not show. */
export const beyondACheckout: readonly Difference[] = [
  {
    reason: 'depends on what is on the instance',
    cases: [
      'a file there already',
      'DISALLOW beats the deployment',
      'a folder there where a file goes',
      'a file there where a folder goes',
      'a file there above the destination',
    ],
  },
  {
    reason: 'depends on the users of the image',
    cases: [
      'owner nosuchuser',
      'group nosuchgroup',
      'a plain name run as a user',
      'run as nobody there is',
      'a shebang of a program that is not there',
    ],
  },
  {
    reason: 'depends on what the script does; the usual ways to keep an output open are warnings',
    cases: [
      'exit 3',
      'exit 255',
      'output of a script that fails',
      'killed by a signal',
      'ended by TERM',
      'no shebang, bash in it',
      'the second of three fails',
      'a time-out',
      'a time-out, TERM is heard',
      'a time-out, TERM is ignored',
      'a time-out, a child in the background',
      'a time-out, a child in a session of its own',
      'a time-out of a script run as a user',
      'a time-out, then a second script',
      'a child keeps stdout open',
      'a child keeps stderr open',
      'nohup keeps stdout open',
      'a child in a session of its own keeps stdout open',
      'a child keeps stdout open, and the script fails',
      'a child that keeps stdout open goes on',
    ],
  },
];
