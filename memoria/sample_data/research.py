"""A research group: evaluation, reading, its cluster, its corpus."""

from datetime import date

from memoria.sample_data.topics import Link, Memory, Recent, Topic

# `ruff format` would give each argument a line of its own: three times as long, no easier to read.
# fmt: off
TOPICS = (
    Topic(
        namespace="research",
        name="retrieval evaluation",
        starts=date(2026, 1, 12),
        summary="How we measure whether retrieval finds the right memories, and what the numbers say so far.",
        keywords=("recall", "nDCG", "queries", "reranker", "baseline", "evaluation"),
        people_and_things=("Inès", "Tomasz", "BM25", "Lantern"),
        document=("Evaluation protocol v3", "https://wiki.example.com/research/evaluation-protocol"),
        memories=(
            Memory("eval-metric", "decision",
                "Recall at 10 is the headline metric for retrieval; nDCG is reported next to it but "
                "nobody gets to celebrate nDCG alone."),
            Memory("eval-baseline", "fact",
                "The BM25 baseline reaches recall@10 = 0.61 on the 1,200 held-out queries (run of 14 "
                "January, commit 4be1c0)."),
            Memory("eval-dense", "fact",
                "The dense encoder alone scores 0.58 recall@10, below BM25, because the queries are full "
                "of ticket numbers and product codes."),
            Memory("eval-hybrid", "fact",
                "Hybrid search (BM25 + dense, reciprocal rank fusion with k=60) reaches 0.74 recall@10, "
                "the best result without a reranker."),
            Memory("eval-seeds", "rule",
                'Every number in a report is the mean of three seeds with its standard deviation. "One '
                'lucky run is an anecdote." (Inès)'),
            Memory("eval-leak", "event",
                "On 27 May we found that 87 evaluation queries had leaked into the training set of the "
                "encoder. All results before that date are void."),
            Memory("eval-hybrid-rerun", "fact",
                "After removing the leaked queries, hybrid search scores 0.71 "
                "recall@10 and no longer 0.74. The ranking of the methods did "
                "not change.", replaces="eval-hybrid"),
            Memory("eval-reranker", "decision",
                "The cross-encoder reranker stays switched off by default: +0.02 nDCG is not worth 180 "
                "ms per query."),
            Memory("eval-bootstrap", "skill",
                "To compare two systems use a paired bootstrap over queries, 10,000 resamples, and quote "
                "the interval:\n    delta = [a - b for a, b in zip(run_a, run_b)]\n    low, high = "
                "percentile(resample_means(delta), (2.5, 97.5))"),
            Memory("eval-metric-again", "decision",
                "Recall at 10 is our headline metric for retrieval; nDCG is "
                "reported next to it.", same_as="eval-metric"),
        ),
        recent=(
            Recent("eval-next",
                "Tomasz is re-running the hybrid baseline on Lantern with the cleaned query set; results "
                "are due on Thursday."),
            Recent("eval-question",
                "Open question from today's call: do we count a paraphrased memory as a hit when the "
                "label names only the original?"),
        ),
        links=(
            Link("eval-hybrid-rerun", "refines", "eval-hybrid",
                "Same method, measured again without the 87 leaked queries."),
            Link("eval-leak", "contradicts", "eval-hybrid",
                "The earlier number was measured on a leaked evaluation set."),
            Link("eval-leak", "supports", "eval-seeds",
                "Three seeds would not have caught the leak, but the review of the seeds did."),
            Link("eval-dense", "contradicts", "eval-baseline",
                "The encoder was expected to beat BM25 and did not."),
            Link("eval-bootstrap", "supports", "eval-reranker",
                "The interval of the reranker's gain includes zero for short queries."),
        ),
    ),
    Topic(
        namespace="research",
        name="reading list",
        starts=date(2026, 2, 2),
        summary="Papers on long-term memory for agents, with what each one is good for.",
        keywords=("paper", "memory", "agents", "forgetting", "survey", "citation"),
        people_and_things=("Inès", "Marguerite", "Zotero", "Dagstuhl"),
        document=("Reading list 2026", "https://wiki.example.com/research/reading-list"),
        memories=(
            Memory("read-order", "preference",
                "Inès wants paper summaries in this order: claim, evidence, what would change our mind. "
                "No more than 120 words."),
            Memory("read-forgetting", "fact",
                "The Zaragoza survey on forgetting separates decay (older means weaker) from "
                "displacement (newer replaces older). Our expiry only does decay."),
            Memory("read-graph", "fact",
                "Graph memories help most with questions that need two hops; for single-hop questions a "
                "flat index is as good and ten times cheaper."),
            Memory("read-lire", "fact",
                "Marguerite : « le papier sur la consolidation nocturne est le seul qui publie ses "
                "échecs » ; à lire avant la prochaine réunion."),
            Memory("read-cite", "rule",
                "Cite the version of the paper that was actually read (arXiv v1, v2, …); reviewers "
                "noticed twice that a figure had changed."),
            Memory("read-club", "decision",
                "The reading club meets every second Wednesday at 15:30, cameras optional, one paper, "
                "fifty minutes. 📚"),
            Memory("read-zotero", "skill",
                'Export from Zotero as Better BibTeX with "keep updated" switched on; the plain export '
                "drops accents in Łukasz, Ørsted and Nguyễn."),
            Memory("read-small", "fact",
                "Two independent groups report that summaries written by small models lose negations: "
                '"does not support SAML" became "supports SAML".'),
            Memory("read-dagstuhl", "event",
                "Dagstuhl seminar, 11 to 15 May: Inès presented the two-hop results; three groups asked "
                "for the query set."),
            Memory("read-club-moved", "decision",
                "Since the end of April the reading club meets on Thursdays at "
                "10:00, because the Wednesday slot clashed with the cluster "
                "maintenance window.", replaces="read-club"),
        ),
        recent=(
            Recent("read-now",
                "Currently on page 14 of the consolidation paper; the appendix on failed runs is still "
                "unread."),
            Recent("read-reminder",
                "Bring the printed survey to Thursday's club, Marguerite does not read PDFs on screen. 🙂"),
        ),
        links=(
            Link("read-club-moved", "contradicts", "read-club",
                "A new day and time; the old slot is free again."),
            Link("read-lire", "follows", "read-forgetting",
                "The consolidation paper answers the survey's open question."),
            Link("read-small", "supports", "read-cite",
                "A lost negation is only noticed when the exact version can be looked up."),
            Link("read-dagstuhl", "follows", "read-graph", "The talk was built on the two-hop comparison."),
            Link("read-order", "refines", "read-club", "The summaries are what the club starts from."),
        ),
    ),
    Topic(
        namespace="research",
        name="compute cluster",
        starts=date(2026, 3, 9),
        summary="Rules and habits for the shared GPU cluster Lantern.",
        keywords=("GPU", "Lantern", "queue", "checkpoint", "quota", "budget"),
        people_and_things=("Lantern", "Tomasz", "Slurm", "Yuki"),
        document=("Lantern user guide", "https://wiki.example.com/research/lantern"),
        memories=(
            Memory("gpu-quota", "rule",
                "At most 8 GPUs per person on Lantern between 08:00 and 20:00; at night the quota is 24. "
                "Exceptions go through Tomasz."),
            Memory("gpu-checkpoint", "rule",
                "Checkpoint every 20 minutes to /scratch, never to /home: /home has 50 GB and fills up "
                "without a warning."),
            Memory("gpu-slurm", "skill",
                "Resume a pre-empted job with the same name:\n    sbatch --requeue --job-name=enc-7 "
                "--signal=USR1@120 train.sh\nThe training script must catch USR1 and write a last "
                "checkpoint."),
            Memory("gpu-maintenance", "event",
                "Lantern is down every first Wednesday of the month from 14:00 to 18:00 UTC for "
                "maintenance."),
            Memory("gpu-cost", "fact",
                "One day of 8 GPUs costs the group about 310 EUR internally; the encoder sweep of March "
                "cost 4,960 EUR."),
            Memory("gpu-yuki", "preference",
                "Yuki(夜型)は夜間ジョブの完了通知をメールではなくチャットで受け取りたい。"
                "朝9時前は通知しない。"),
            Memory("gpu-nan", "fact",
                "The NaN losses of run enc-5 came from fp16 overflow in the third layer norm; bf16 fixed "
                "it without touching the learning rate."),
            Memory("gpu-budget", "decision",
                "The compute budget for the second half of 2026 is 38,000 EUR. Sweeps above 2,000 EUR "
                "need a one-page plan first."),
            Memory("gpu-scratch", "fact",
                "/scratch is wiped after 30 days without access. The deletion list is mailed on day 25 "
                "to the owner of the folder."),
            Memory("gpu-eight", "rule",
                "No more than 8 GPUs per person on Lantern during the day (08:00 to "
                "20:00), 24 at night; ask Tomasz for exceptions.", same_as="gpu-quota"),
        ),
        recent=(
            Recent("gpu-running",
                "Job enc-9 is running on lantern-04 (4 GPUs), 61 % done, last checkpoint 17:40."),
            Recent("gpu-disk",
                "/scratch/yuki holds 412 GB, deletion list goes out in three days; move the March sweep "
                "first."),
            Recent("gpu-queue",
                "The queue is long today: 31 jobs waiting, the estimated start for 8 GPUs is 02:15."),
        ),
        links=(
            Link("gpu-checkpoint", "supports", "gpu-slurm",
                "Requeueing only works when a recent checkpoint exists."),
            Link("gpu-scratch", "contradicts", "gpu-checkpoint",
                "/scratch is the right place but it is not safe for more than 30 days."),
            Link("gpu-budget", "follows", "gpu-cost", "The March sweep is the reason for the one-page plan."),
            Link("gpu-nan", "supports", "gpu-checkpoint",
                "The last good checkpoint saved two days of training."),
            Link("gpu-yuki", "refines", "gpu-maintenance",
                "Maintenance notices count as notifications as well."),
        ),
    ),
    Topic(
        namespace="research",
        name="multilingual corpus",
        starts=date(2026, 4, 20),
        summary="Building and labelling the multilingual question set.",
        keywords=("annotation", "languages", "labels", "agreement", "corpus", "consent"),
        people_and_things=("Yuki", "Oluwaseun", "Marguerite", "Prodigy"),
        document=("Annotation handbook", "https://wiki.example.com/research/annotation-handbook"),
        memories=(
            Memory("corpus-languages", "decision",
                "The question set covers nine languages: English, German, French, Spanish, Polish, "
                "Japanese, Arabic, Yoruba and Hindi."),
            Memory("corpus-agreement", "fact",
                "Agreement between annotators is 0.81 (Krippendorff's alpha) for facts and only 0.52 for "
                'preferences; "likes" is the worst label.'),
            Memory("corpus-double", "rule",
                "Every item is labelled by two people who do not sit in the same room; disagreements go "
                "to Oluwaseun, never to a coin."),
            Memory("corpus-yoruba", "fact",
                "Yorùbá text must keep its tone marks (ọkọ̀, ọkọ, ọkọ́ are three different words); "
                "normalise to NFC and never strip combining marks."),
            Memory("corpus-arabic", "fact",
                "الأسئلة العربية تُكتب بالفصحى، والإجابات كما قالها المتحدث. Keep both, right-to-left "
                "marks included."),
            Memory("corpus-consent", "rule",
                "No sentence enters the corpus without the signed consent form; the form number is "
                "stored with the item, the name is not."),
            Memory("corpus-hindi", "fact",
                "हिन्दी प्रश्नों में अंग्रेज़ी शब्द आम हैं (code-switching); about 38 % of the Hindi "
                'items mix both languages and are labelled "mixed".'),
            Memory("corpus-likes", "decision",
                'The label "likes" is split into "prefers" and "once '
                'mentioned"; agreement on preferences rose from 0.52 to '
                "0.74.", replaces="corpus-agreement"),
            Memory("corpus-prodigy", "skill",
                "Start a review session with only the disagreements:\n    prodigy review merged_set "
                "first_pass,second_pass --auto-accept"),
            Memory("corpus-size", "project",
                "11,400 of 18,000 items are labelled; Polish and Hindi are behind, Japanese is finished. "
                "✅"),
        ),
        recent=(
            Recent("corpus-today", "Oluwaseun settles 46 disagreements this afternoon, Polish first."),
            Recent("corpus-form",
                "Consent form 2291 is missing its second page; keep items 14 to 31 out until it arrives."),
        ),
        links=(
            Link("corpus-likes", "refines", "corpus-agreement",
                "Splitting the label was the answer to the low agreement."),
            Link("corpus-double", "supports", "corpus-likes",
                "Only two independent labels made the difference visible."),
            Link("corpus-yoruba", "supports", "corpus-languages",
                "Languages with tone marks need their own normalisation rule."),
            Link("corpus-hindi", "contradicts", "corpus-languages",
                'Many "Hindi" items are really two languages at once.'),
            Link("corpus-size", "follows", "corpus-languages", "Progress is counted per language."),
        ),
    ),
)
