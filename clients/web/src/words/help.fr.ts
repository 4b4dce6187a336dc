/** L’aide et la déclaration d’accessibilité : ouvertes à tous. */

export const frHelp = {
  'help.title': 'Aide',
  'help.line': 'Les questions que l’on pose le plus',
  'help.emergency': 'Pli n’est pas fait pour les urgences. Appelez le 15 (Samu), le 112, ou le 114 par SMS si vous ne pouvez pas parler.',
  'help.entering': 'Entrer',
  'help.q.password': 'J’ai oublié mon mot de passe',
  'help.a.password':
    'Sur la page de connexion, choisissez « J’ai perdu mon mot de passe ou mon téléphone » et recopiez le code imprimé sur la feuille. Vous choisirez ensuite un nouveau mot de passe. Personne d’autre que vous ne peut le faire : ni l’exploitant, ni votre médecin.',
  'help.q.kit': 'Je n’ai plus ma feuille de secours',
  'help.a.kit':
    'Si vous pouvez encore vous connecter, faites-en une nouvelle : Compte, puis « Feuille de secours ». L’ancienne ne vaudra plus rien. Sans mot de passe et sans feuille, vos anciens messages ne s’ouvrent plus.',
  'help.q.phone': 'J’ai changé de téléphone',
  'help.a.phone': 'Sur l’ancien appareil, ou un ordinateur où vous êtes connecté : Compte, puis « Application de codes ». Sinon, servez-vous de la feuille de secours.',
  'help.q.letter': 'Le code de ma lettre ne convient pas',
  'help.a.letter':
    'Comparez groupe par groupe. Les lettres I, L, O et U ne servent pas : ce sont des chiffres 1 et 0. Une lettre ne sert qu’une fois : si elle a déjà servi, demandez-en une autre.',
  'help.writing': 'Écrire et recevoir',
  'help.q.start': 'Puis-je écrire à mon médecin ?',
  'help.a.start':
    'Oui, dès qu’il vous a écrit une première fois. Il peut clore l’échange : vous gardez tout, mais vous ne pouvez plus répondre jusqu’à ce qu’il vous écrive de nouveau.',
  'help.q.when': 'Quand aurai-je une réponse ?',
  'help.a.when': 'Personne n’est obligé de lire tout de suite. Si cela ne peut pas attendre, téléphonez au cabinet. Pour une urgence : 15 ou 112.',
  'help.q.who': 'Qui peut lire mes messages ?',
  'help.a.who':
    'Vous, les personnes nommées en haut de chaque conversation, et ceux à qui vous avez ouvert votre boîte. Le serveur de Pli les porte fermés. Chez le soignant, le message arrive dans sa messagerie MSSanté, ouverte par son opérateur.',
  'help.q.unreadable': 'Un message ne s’ouvre pas',
  'help.a.unreadable': 'Pli dit pourquoi, à la place du message. Le plus souvent, il suffit de demander à l’expéditeur de l’envoyer de nouveau.',
  'help.q.files': 'Quels documents puis-je joindre ?',
  'help.a.files': 'De toute sorte, jusqu’à 100 Mo en tout. La messagerie des soignants, elle, s’arrête souvent à 25 Mo : Pli vous prévient.',
  'help.safety': 'Sécurité',
  'help.q.stolen': 'Mon appareil a été volé',
  'help.a.stolen': 'Depuis un autre appareil : Compte, puis « Quelqu’un d’autre a peut-être mes clés ». Tout est changé, et l’appareil volé est déconnecté.',
  'help.q.asked': 'On me demande mon code ou mon mot de passe',
  'help.a.asked': 'N’en donnez aucun. Ni Pli, ni votre médecin, ni l’assurance maladie ne les demande jamais, au téléphone ou par message.',
  'help.q.leave': 'Comment partir ?',
  'help.a.leave': 'Compte, puis « Tout emporter » pour garder une copie de tout, et « Fermer mon compte ».',
  'help.pages': 'Toutes les pages',
  'help.welcome': 'Accueil',
  'help.back': 'Retour',

  'access.title': 'Déclaration d’accessibilité',
  'access.line': 'À quoi cette page se conforme, et ce qui reste',
  'access.lead':
    'Pli doit pouvoir servir à chacun : au clavier, avec un lecteur d’écran, une loupe, une commande vocale, ou sur un petit téléphone.',
  'access.state': 'État de conformité',
  'access.stateText':
    'Non conforme, au sens où le RGAA l’entend : aucun audit par un tiers n’a encore eu lieu. L’exploitant qui sert Pli au public doit en faire réaliser un, et publier ici son résultat. Selon notre propre relevé, critère par critère (RGAA 4.1.2), les 74 critères qui s’appliquent sont respectés. Pour 9 d’entre eux, il manque encore l’oreille de personnes qui se servent d’un lecteur d’écran.',
  'access.tested': 'Ce que nous vérifions à chaque version',
  'access.tested1': 'axe-core sur les pages et les états que parcourt notre navigateur d’essai, en clair et en sombre, au téléphone et au bureau : aucune violation.',
  'access.tested2': 'Les formulaires disent d’avance quels champs peuvent rester vides. Les messages d’erreur prennent le curseur, et les champs à corriger sont nommés.',
  'access.tested3': 'Grossissement à 400 %, couleurs forcées, mouvement réduit : rien ne déborde, rien n’est caché, rien ne bouge. Chaque tâche se fait au clavier seul.',
  'access.tested4': 'Pas encore essayés : lecteurs d’écran, commande vocale.',
  'access.limits': 'Ce qui n’est pas accessible',
  'access.limits1': 'Les documents reçus (PDF, images) sont montrés tels que leurs auteurs les ont faits. Demandez-leur un autre format si l’un d’eux ne se lit pas.',
  'access.limits2': 'Le carré à viser (QR) se remplace toujours par un code à recopier.',
  'access.limits3': 'En anglais, ce que vos soignants ont écrit en français est signalé comme français aux lecteurs d’écran, sauf dans le nom d’un bouton qui reprend un titre : il est lu d’une seule voix.',
  'access.contact': 'Signaler une difficulté',
  'access.contactText':
    'Écrivez à l’exploitant dont l’adresse figure sur votre lettre. Sans réponse satisfaisante, vous pouvez saisir le Défenseur des droits : defenseurdesdroits.fr, ou 09 69 39 00 00.',
} as const
