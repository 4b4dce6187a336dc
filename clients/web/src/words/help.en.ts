import type { HelpWords } from './words.ts'

export const enHelp: HelpWords = {
  'help.title': 'Help',
  'help.line': 'What people ask most often',
  'help.emergency': 'Pli is not for emergencies. Call 15 (ambulance) or 112, or text 114 if you cannot speak.',
  'help.entering': 'Getting in',
  'help.q.password': 'I forgot my password',
  'help.a.password':
    'On the log-in page choose “I lost my password or my telephone” and copy the code printed on the sheet. You then choose a new password. Nobody but you can do this: not the operator, not your doctor.',
  'help.q.kit': 'I no longer have my recovery sheet',
  'help.a.kit':
    'If you can still log in, make a new one: Account, then “Recovery sheet”. The old one is then worth nothing. Without a password and without a sheet your old messages do not open any more.',
  'help.q.phone': 'I have a new phone',
  'help.a.phone': 'On the old device, or a computer where you are logged in: Account, then “Authenticator app”. Otherwise use the recovery sheet.',
  'help.q.letter': 'The code of my letter does not fit',
  'help.a.letter':
    'Compare it group by group. The letters I, L, O and U are not used: they are the digits 1 and 0. A letter works once: if it was used, ask for another one.',
  'help.writing': 'Writing and receiving',
  'help.q.start': 'May I write to my doctor?',
  'help.a.start':
    'Yes, as soon as they have written to you once. They may close the exchange: you keep everything, but you cannot answer until they write again.',
  'help.q.when': 'When will I get an answer?',
  'help.a.when': 'Nobody has to read at once. If it cannot wait, telephone the practice. In an emergency: 15 or 112.',
  'help.q.who': 'Who can read my messages?',
  'help.a.who':
    'You, the people named at the top of each conversation, and those to whom you opened your mailbox. Pli’s server carries them closed. At the clinician’s, the message arrives in their MSSanté mail, opened by its operator.',
  'help.q.unreadable': 'A message does not open',
  'help.a.unreadable': 'Pli says why, in the place of the message. Most often it is enough to ask the sender to send it again.',
  'help.q.files': 'Which documents can I attach?',
  'help.a.files': 'Any kind, up to 100 MB in all. Clinicians’ mail often stops at 25 MB: Pli tells you.',
  'help.safety': 'Safety',
  'help.q.stolen': 'My device was stolen',
  'help.a.stolen': 'From another device: Account, then “Somebody else may have my keys”. Everything is changed, and the stolen device is logged out.',
  'help.q.asked': 'Somebody asks for my code or my password',
  'help.a.asked': 'Give none. Neither Pli, nor your doctor, nor the health insurance ever asks for them, by telephone or by message.',
  'help.q.leave': 'How do I leave?',
  'help.a.leave': 'Account, then “Take everything with you” to keep a copy of everything, and “Close my account”.',
  'help.pages': 'All pages',
  'help.welcome': 'Welcome',
  'help.back': 'Back',

  'access.title': 'Accessibility statement',
  'access.line': 'What this page conforms to, and what is left',
  'access.lead':
    'Everybody must be able to use Pli: with a keyboard, a screen reader, a magnifier, by voice, or on a small phone.',
  'access.state': 'State of conformance',
  'access.stateText':
    'Not conformant, as the RGAA uses the word: no audit by a third party has taken place yet. The operator who serves Pli to the public has to have one made, and to publish its result here. By our own account, criterion by criterion (RGAA 4.1.2), the 74 criteria that apply are met. For 9 of them, people who use a screen reader have still to judge by ear.',
  'access.tested': 'What we check in each version',
  'access.tested1': 'axe-core on the pages and states that our trial browser walks, light and dark, on a phone and on a desk: no violation.',
  'access.tested2': 'Forms say beforehand which fields may stay empty. Error messages take the focus, and fields to be corrected are named.',
  'access.tested3': 'Zoom of 400 %, forced colours, reduced motion: nothing sticks out, nothing is covered, nothing moves. Each task is done by keyboard alone.',
  'access.tested4': 'Not tried yet: screen readers, voice control.',
  'access.limits': 'What is not accessible',
  'access.limits1': 'Documents that you receive (PDF, images) are shown as their authors made them. Ask them for another format where one cannot be read.',
  'access.limits2': 'A square to aim at (QR) can always be replaced by a code to copy.',
  'access.limits3': 'In English, what your clinicians wrote in French is marked as French for screen readers, except in the name of a button that holds a title: it is read in one voice.',
  'access.contact': 'Report a difficulty',
  'access.contactText':
    'Write to the operator whose address is on your letter. Without a satisfying answer you can turn to the French Defender of Rights: defenseurdesdroits.fr, or +33 9 69 39 00 00.',
}
