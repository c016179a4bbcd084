"""Portuguese, as it is written in Brazil."""

from contracts.events.reply import Intent
from services.notify.decisions.phrases.language import Language, Phrase, pattern, words_of

ASKED = (
    "(?:lig(?:ue|uem|ar)|mand(?:e|em|ar)|envi(?:e|em|ar)|escrev(?:a|am|er)|cham(?:e|em|ar)"
    "|contat(?:e|em|ar)|contact(?:e|em|ar)|perturb(?:e|em|ar)|incomod(?:e|em|ar)"
    "|procur(?:e|em|ar)|insist(?:a|am|ir))"
)
DOING = (
    "(?:ligar|mandar|enviar|escrever|chamar|contatar|contactar|perturbar|incomodar|procurar"
    "|insistir|encher)(?: me)?"
)
MESSAGES = "(?:mensag(?:em|ens)|ligac(?:ao|oes)|e ?mails?|contatos?|propagandas?|spam|nada|sms)"
REMOVE = (
    "(?:tir(?:e|em|a|ar)|remov(?:a|am|e|er)|exclu(?:a|am|i|ir)|apagu(?:e|em)"
    "|apaga(?:r)?|retir(?:e|em|a|ar)|delet(?:e|em|a|ar))"
)
MEETING = "(?:reuniao|consulta|horario|chamada|agendamento|encontro|compromisso)"
# how a business tells how to stop its own messages, which asks us for nothing
INSTRUCTION = (
    "(?:(?:(?:se|caso) (?:voce )?nao (?:quis|desej|queir)\\w+|para (?:parar|deixar|nao|cancelar))"
    "(?: \\w+){0,8} )?"
    "(?<!nao )(?<!me )(?:responda|envie|digite|escreva|mande)(?: com)?(?: a palavra)?"
    " (?:sair|parar|stop)"
)
DEPARTMENT = (
    "(?:vendas|suporte|servicos?|atendimento|financeiro|cobranca|pedidos|agendamento|outros)"
)

PORTUGUESE = Language(
    short={"vc": "voce", "vcs": "voces", "naum": "nao", "ñ": "nao"},
    key_words=words_of("""
        mandem, mandar, mensagem, mensagens, liguem, ligar, escreva, escrevam, remova, removam
        descadastrar, descadastre, descadastra, exclua, excluam, receber, perturbe, incomode
        cadastro, exclusao
    """),
    joined={},
    stop=words_of("""
        sair, parar, pare, parem, descadastrar, descadastre, descadastra, me descadastra
        me descadastre, cancelar inscricao, remover, remova, chega, me remova, me tira, me tire
        nao quero, nao perturbe, pare com isso, baixa, dar baixa, sem ligacoes, nada de ligacoes
        nao ligar, nao ligue, parar mensagens, quero sair
    """),
    misspelt=words_of("descadastrar, descadastre"),
    ordinary=words_of("""
        contato, contatos, contatar, contate, contatem, quero, mantem, enfiar, renova, renove
        renovam, catastro
    """),
    ends=words_of("cancela, cancele, cancelem, cancelo, encerrar"),
    refusals=words_of("nao"),
    doubtful=words_of("sair, parar"),
    start=words_of("voltar, reativar, recomecar, ativar, inscrever, me inscreva, inscrever me"),
    thanks=words_of("""
        obrigado, obrigada, obrigado pela mensagem, obrigada pela mensagem, muito obrigado
        muito obrigada, valeu, beleza, blz, ta bom, tudo bem
        certo, combinado, perfeito, otimo, brigado, brigada, sim
    """),
    around_hours=words_of("""
        melhor, posso, pode ser, poderia, seria, tipo, la pelas, esta bem, ta bom, perfeito, otimo
        por mim, na, a, combinado, beleza
    """),
    fillers=words_of("""
        oi, ola, bom, boa, dia, tarde, noite, por favor, pfv, obrigado, obrigada, muito, sim, quero
        senhor, senhora, gente, entao, agora, ja
    """),
    forbids=pattern(rf"""
        (?:nao (?:(?:me|nos) )?(?:mais )?{ASKED}(?: me| nos)?
        |(?<!nao )(?:par(?:e|em|a|ar)|deix(?:e|em|a)|cans(?:ei|ado)) de (?:me )?{DOING}
        |par(?:e|em|a) com (?:isso|(?:\w+ )?{MESSAGES})
        |(?:quero|gostaria de|prefiro) (?:parar|deixar) de receber
        |(?:prefiro|melhor) nao (?:receber|me {ASKED}|{DOING})
        |(?:nunca(?: mais)?|jamais|nem) (?:me )?{ASKED}(?: me| nos)?
        |nao (?:e preciso|precisa(?:m)?) (?:me )?{ASKED}|proibido (?:me )?{ASKED}
        |pode(?:m|ria|riam)? parar de (?:me )?{DOING}
        |^nada de {MESSAGES}|nao (?:me )?(?:liga|manda|escreve|chama|envia) mais(?! cedo| tarde)
        |sai(?:a)? d[oa] meu (?:whats\w*|zap\w*|telefone|celular|numero)
        |nao (?:quero|queremos|desejo|aceito|autorizo)(?: mais)? (?:receber|que me|{MESSAGES}|ser)
        |nao (?:quero|desejo) mais|nao entrem?(?: mais)? em contato)
    """),
    limits=pattern(r"""
        (?:agora|hoje|amanha|depois|mais tarde|ainda|neste? (?:momento|horario)|a esta hora
        |(?:de|pela|a|da) (?:manha|tarde|noite)|antes d\w+|ate (?:as|a|o)|entre \d+|as \d+
        |segunda|terca|quarta|quinta|sexta|sabado|domingo|fim de semana|no trabalho
        |prefiro(?! nao)|melhor(?! nao)|em reuniao|estou (?:em|no|na|dirigindo|trabalhando)
        |me (?:manda|mande|envia|envie|chama|chame|escreve|escreva|liga|ligue)|robo|por enquanto)
    """),
    for_good=pattern(r"(?:nunca(?: mais)?|jamais|mais(?! tarde| cedo| ou menos)|de novo)"),
    stays=pattern(rf"""
        (?:(?:nao|nunca) (?:me |nos )?(?:{REMOVE}|descadastr\w+)(?: me| nos)?(?: d[aeo]s?(?: \w+)?
         (?:lista|grupo|cadastro))?
        |nao (?:quero|desejo|vou) (?:sair|que me {REMOVE}|ser (?:removid|excluid)\w+
        |me descadastrar)
        (?: d[aeo] (?:lista|grupo))?)
    """),
    excuses=pattern(rf"""
        (?:{INSTRUCTION}|(?:dar|dei|deu|dando) baixa (?:n[oa]|d[oa]|em) (?!lista|cadastro|numero
        |reuniao|consulta
        |agenda)\w+
        |tirar? (?:uma|a|minha|umas|minhas) duvidas?|nao e engano|(?:pressao|bateria
        |temporada) baixa)
    """),
    unbooks=pattern(rf"""
        {REMOVE}(?: me| a| da| de)?(?: (?:minha|a|da|essa|esta|meu|o|do|esse))+ {MEETING}
    """),
    drops=pattern(rf"""
        (?:(?:{REMOVE}|sair|baixa|nao quero(?: mais)?|nao preciso(?: mais)?)
        (?: (?!numero|dados|lista|base|email|mensagem)\w+){{0,4}} (?:{MEETING}|agenda|calendario)
        |nao quero mais (?:ir|participar))
    """),
    about_meeting=pattern(r"""
        (?:desmarc\w*|mud(?:ar|e|a)|adiar|outr[oa] (?:dia|horario|hora)|atrasad[oa]|nao (?:vou
        |posso))
    """),
    negates=pattern(r"""
        (?:(?:nao|nunca|nem|jamais|sem)(?: (?:me|nos|mais))?
        (?: (?:quero|preciso|gostaria|desejo|vou)(?: (?:que|uma?|d[ea]|o|a|mais)){0,2})?)$
    """),
    hesitates=pattern(r"""
        (?:mas (?:\w+ ){0,3}(?:interess|quer|posso|sim)\w*|(?<!nao )quero (?:agendar|uma?|outr[oa]
        |sim)
        |sim quero|nos vemos|ainda|(?<!nao )tenho interesse (?:n|em)\w*)
    """),
    phrases=(
        Phrase(
            Intent.AUTOMATIC,
            "Resposta automática: estou de férias",
            pattern(rf"""
                (?:(?:resposta|mensagem) automatica|fora do escritorio|assistente virtual
                |agradecemos (?:a |o |pel[oa] )?(?:seu|sua) (?:contato|mensagem|interesse)
                |(?:este|esse|esta|nosso) (?:numero|linha|canal|email
                |e mail)(?: \w+){{0,4}} nao (?:recebe|aceita|atende
                |e monitorad[oa])|nao respond(?:a|er) (?:a )?est[ea] (?:mensagem|e ?mail)
                |(?:digite|escolha|selecione|envie|tecle) (?:uma (?:das )?opc\w+|\d para)
                |1 {DEPARTMENT}(?: \w+){{0,3}} 2 \w+)
            """),
        ),
        Phrase(
            Intent.STOP,
            "Por favor, me tirem dessa lista",
            pattern(rf"""
                (?:(?:me |nos )?{REMOVE}(?: me)?(?: \w+){{0,6}} (?:lista|numero|nome|dados|contato
                |base|cadastro|grupo)|(?:me|nos) {REMOVE}|{REMOVE} me
                |nao me (?:tiram|removem|excluem|descadastram)
                |descadastr\w*|cancel\w* (?:\w+ )?(?:inscricao|assinatura|cadastro)
                |(?:solicit|pec|requer|exij|quer|desej)\w*(?: \w+){{0,3}} (?:exclusao|eliminacao
                |remocao
                |cancelamento)(?: \w+){{0,2}} (?:meus?|minhas?|de) (?:dados|cadastro|contato)
                |(?:revog|retir)\w+ (?:o |a )?(?:meu |minha )?(?:consentimento|autorizacao)
                |(?:apag|exclu|elimin|delet)\w+ (?:todos )?(?:os )?meus dados
                |me deix(?:e|em|a) em paz|em paz|chega de \w+|^chega|vou (?:denunciar|bloquear
                |processar)\w*
                |(?:e|isso e|isto e) spam|sair d[ae] (?:lista|grupo)|lgpd(?! (?:seus|os) dados)
                |nao (?:dou
                |dei) (?:meu |o )?consentimento|nao autorizo
                |nao autorizei)
            """),
        ),
        Phrase(
            Intent.WRONG_NUMBER,
            "Número errado",
            pattern(r"""
                (?:(?:numero|telefone|pessoa|contato) errad[oa]|errou (?:de|o) numero|(?:e|foi
                |por) engano|^engano$
                |nao sou eu|nao me chamo|(?:ja )?faleceu|mudou de dono|me confundiu
                |nao e (?:o )?meu (?:nome|numero|telefone)
                |nao (?:sou|e) (?:essa|esta|a) pessoa|nao conheco (?:ess[ae]|est[ae]|nenhum\w*
                |ninguem)
                |(?:esse|este) (?:numero|telefone) nao e|nao (?:me cadastrei|solicitei|pedi nada))
            """),
        ),
        Phrase(
            Intent.MEETING_CHANGE,
            "Preciso remarcar a reunião",
            pattern(rf"""
                (?:(?:remarc|reagend)\w*
                |(?:cancel|desmarc|mud|adi|alter|troc|antecip)\w+ (?:\w+ ){{0,3}}{MEETING}
                |desmarcar|nao (?:vou (?:poder|conseguir)|posso|consigo)
                 (?:ir|comparecer|participar|chegar|entrar))
            """),
        ),
        Phrase(
            Intent.NOT_NOW,
            "Por enquanto não",
            pattern(
                r"(?:(?:por enquanto|no momento)(?: \w+){0,2} nao"
                r"|nao(?: \w+){0,3} (?:por enquanto|no momento))"
            ),
        ),
        Phrase(
            Intent.NO_INTEREST,
            "Não tenho mais interesse",
            pattern(r"""
                (?:(?:nao|sem) (?:(?:tenho|temos|ha) )?(?:mais )?interess\w*
                |nao (?:estou|estamos|me) (?:mais )?interess\w*|nao (?:mais )?(?:preciso|precisamos)
                |nao,? obrigad[oa]|ja (?:contrat|compr|resolv|fech|consegu|encontr)\w+|desisti
                |mudei de ideia|ja tenho|nao quero (?:continuar|contratar|comprar))
            """),
        ),
        Phrase(
            Intent.OPT_IN,
            "quero voltar a receber mensagens",
            pattern(r"(?:quero|gostaria de) (?:voltar a receber|me inscrever|reativar)"),
        ),
        Phrase(
            Intent.WISH,
            "Prefiro por e-mail",
            pattern(r"""
                (?:(?:prefiro|melhor|so|somente) (?:que )?(?:me )?(?:por |pelo |no )?(?:whats\w*|zap
                |e ?mail|mensagem|telefone|ligacao|manda\w*|escrev\w*|envi\w*|depois|a tarde
                |de manha)
                |(?:me )?(?:manda|mande|envia|envie|escreve|escreva) (?:por |pelo |no |um |uma )
                (?:whats\w*|zap|e ?mail|mensagem))
            """),
        ),
        Phrase(
            Intent.WANTS_CALL,
            "Pode me ligar às 15h?",
            pattern(r"""
                (?:(?:pode\w*|poderia\w*) (?:me )?(?:ligar|telefonar)|me (?:liga|ligue|liguem
                |telefone)
                |(?:liga|ligue|liguem) (?:para|pra) mim|quero (?:uma ligacao|que me ligu\w+)
                |falar com (?:um|uma|alguem))
            """),
        ),
        Phrase(
            Intent.WANTS_LINK,
            "Me manda o link",
            pattern(r"""
                (?:(?:mand|envi|pass|qual|quero|preciso)\w*(?: \w+){0,4} link|^(?:o )?link$
                |(?:quero|gostaria de|como|posso) (?:agendar|marcar)\w*)
            """),
        ),
        Phrase(
            Intent.NOT_NOW,
            "Agora não posso, depois falo",
            pattern(r"""
                (?:(?:agora|hoje|ainda) nao|nao(?: \w+)? (?:agora|hoje)|(?:estou
                |to) (?:\w+ )?(?:ocupad[oa]
                |dirigindo|trabalhando|em reuniao|no trabalho|viajando)
                |^(?:depois|mais tarde)|(?:depois|mais tarde|amanha) (?:eu )?(?:falo|aviso|ligo
                |vejo|respondo))
            """),
        ),
        Phrase(
            Intent.QUESTION,
            "Quanto custa?",
            pattern(r"""
                ^(?:(?:oi|ola|bom|boa|dia|tarde|noite|e) )*(?:quanto|qual|quais|como|quando|onde
                |quem
                |o que|por que|voces|tem)|preco|valor|orcamento
            """),
        ),
    ),
    business=(
        pattern(INSTRUCTION),
        pattern(rf"1 {DEPARTMENT}|opcao|opcoes"),
        pattern(
            r"(?:como|em que) podemos (?:te |lhe )?ajuda\w*|bem vind[oa]s? a\w*"
            r"|deixe sua mensagem"
        ),
        pattern(r"obrigad[oa] (?:por (?:entrar|sua|seu|nos)|pel[oa] (?:contato|mensagem))\w*"),
        pattern(
            r"(?:no momento|neste momento) (?:nao )?(?:estamos|podemos)"
            r"|nao estamos disponiveis"
        ),
        pattern(
            r"(?:responderemos|retornaremos|entraremos em contato|atenderemos)"
            r"|assim que possivel"
        ),
        pattern(r"horario de (?:atendimento|funcionamento)|o mais breve|em breve|segunda a sexta"),
    ),
)
