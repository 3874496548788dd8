"""A third opinion on cleaned copies: what exiftool still finds in one beyond how it is coded.

For tests and measurements only. Exiftool is kept open, with bounds on memory and time, because small crafted
files make it take gigabytes. What it may find stands in `PLAIN`; whatever it names besides counts.
"""

from __future__ import annotations

import json
import os
import re
import resource
import select
import shutil
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any

MEMORY = 1 << 30
SECONDS = 20.0
ORDER = ("-j", "-a", "-u", "-G1:4", "-ee", "-api", "largefilesupport=1", "-charset", "filename=utf8")
TRACK = re.compile(r"^Track\d+$")

PLAIN = {
    "Adobe": "DCTEncodeVersion APP14Flags0 APP14Flags1 ColorTransform",
    "File": "FileType FileTypeExtension MIMEType ExifByteOrder ImageWidth ImageHeight BitsPerSample "
    "ColorComponents EncodingProcess YCbCrSubSampling PixelsPerMeterX PixelsPerMeterY",
    "GIF": "GIFVersion ImageWidth ImageHeight HasColorMap ColorResolutionDepth BitsPerPixel BackgroundColor "
    "AnimationIterations FrameCount Duration TransparentColor PixelAspectRatio",
    "IFD": "SubfileType OldSubfileType ImageWidth ImageHeight BitsPerSample Compression "
    "PhotometricInterpretation Thresholding CellWidth CellLength FillOrder StripOffsets Orientation SamplesPerPixel "
    "RowsPerStrip StripByteCounts MinSampleValue MaxSampleValue XResolution YResolution PlanarConfiguration "
    "GrayResponseUnit GrayResponseCurve T4Options T6Options ResolutionUnit PageNumber TransferFunction Predictor "
    "WhitePoint PrimaryChromaticities ColorMap HalftoneHints TileWidth TileLength TileOffsets TileByteCounts InkSet "
    "NumberofInks DotRange ExtraSamples SampleFormat SMinSampleValue SMaxSampleValue JPEGTables "
    "YCbCrCoefficients YCbCrSubSampling YCbCrPositioning ReferenceBlackWhite XPosition YPosition "
    "DNGVersion DNGBackwardVersion CFARepeatPatternDim CFAPattern2 CFAPlaneColor CFALayout LinearizationTable "
    "BlackLevelRepeatDim BlackLevel BlackLevelDeltaH BlackLevelDeltaV WhiteLevel DefaultScale DefaultCropOrigin "
    "DefaultCropSize BayerGreenSplit ChromaBlurRadius AntiAliasStrength BestQualityScale ActiveArea MaskedAreas "
    "DefaultUserCrop ColorMatrix1 ColorMatrix2 AnalogBalance AsShotNeutral AsShotWhiteXY BaselineExposure "
    "BaselineNoise BaselineSharpness LinearResponseLimit CalibrationIlluminant1 CalibrationIlluminant2 "
    "ForwardMatrix1 ForwardMatrix2 BaselineExposureOffset OpcodeList1 OpcodeList2 OpcodeList3",
    "JFIF": "JFIFVersion ResolutionUnit XResolution YResolution",
    "MPEG": "MPEGAudioVersion AudioLayer AudioBitrate SampleRate ChannelMode MSStereo IntensityStereo "
    "CopyrightFlag OriginalMedia Emphasis VBRFrames VBRBytes VBRScale ModeExtension "
    # where it takes sound for a film, by four bytes of a coded frame
    "AspectRatio FrameRate ImageHeight ImageWidth VideoBitrate",
    "Matroska": "EBMLVersion EBMLReadVersion EBMLMaxIDLength EBMLMaxSizeLength DocType DocTypeVersion "
    "DocTypeReadVersion SeekID SeekPosition TimecodeScale Duration CueTime CueTrack CueClusterPosition",
    "Meta": "Free MetaImageSize PrimaryItemReference",
    "Opus": "OpusVersion AudioChannels SampleRate OutputGain",
    "Vorbis": "VorbisVersion AudioChannels SampleRate MaximumBitrate NominalBitrate MinimumBitrate",
    "PNG": "ImageWidth ImageHeight BitDepth ColorType Compression Filter Interlace BackgroundColor Gamma "
    "WhitePointX WhitePointY RedX RedY GreenX GreenY BlueX BlueY Palette PaletteHistogram SRGBRendering "
    "SignificantBits Transparency AnimationFrames AnimationPlays",
    "PNG-pHYs": "PixelUnits PixelsPerUnitX PixelsPerUnitY",
    "PNG-cICP": "ColorPrimaries TransferCharacteristics MatrixCoefficients VideoFullRangeFlag",
    "RIFF": "ImageWidth ImageHeight VP8Version HorizontalScale VerticalScale WebP_Flags AlphaIsUsed "
    "AlphaPreprocessing AlphaFiltering AlphaCompression AnimationLoopCount BackgroundColor Duration FrameCount "
    "Encoding NumChannels SampleRate AvgBytesPerSec BitsPerSample NumberOfSamples",
    "QuickTime": "MajorBrand MinorVersion CompatibleBrands MovieHeaderVersion TimeScale Duration PreferredRate "
    "PreferredVolume MatrixStructure PreviewTime PreviewDuration PosterTime SelectionTime SelectionDuration "
    "CurrentTime NextTrackID MediaDataSize MediaDataOffset MediaData Free Skip Wide HandlerType HandlerClass "
    "MovieFragmentSequence Rotation ImageSpatialExtent ImagePixelDepth AuxiliaryImageType ColorProfiles "
    "ColorPrimaries TransferCharacteristics MatrixCoefficients VideoFullRangeFlag CleanAperture PixelAspectRatio "
    "HEVCConfigurationVersion GeneralProfileSpace GeneralTierFlag GeneralProfileIDC GenProfileCompatibilityFlags "
    "ConstraintIndicatorFlags GeneralLevelIDC MinSpatialSegmentationIDC ParallelismType ChromaFormat BitDepthLuma "
    "BitDepthChroma AverageFrameRate ConstantFrameRate NumTemporalLayers TemporalIDNested AV1ConfigurationVersion "
    "SeqProfile SeqLevelIdx0 SeqTier0 HighBitDepth TwelveBit ChromaSamplePosition InitialDelaySamples Mirroring "
    "MaxContentLightLevel MaxPicAverageLightLevel",
    "Track": "TrackHeaderVersion TrackID TrackDuration TrackLayer TrackVolume MatrixStructure ImageWidth "
    "ImageHeight MediaHeaderVersion MediaTimeScale MediaDuration MediaLanguageCode HandlerClass HandlerType "
    "GraphicsMode OpColor Balance CompressorID SourceImageWidth SourceImageHeight XResolution YResolution BitDepth "
    "VideoFrameRate VideoFieldOrder PixelAspectRatio CleanApertureDimensions ProductionApertureDimensions "
    "EncodedPixelsDimensions AudioFormat AudioChannels AudioBitsPerSample AudioSampleRate AudioSampleCount "
    "LayoutFlags PurchaseFileFormat OtherFormat AVCConfiguration BufferSize MaxBitrate AverageBitrate ColorProfiles "
    "ColorPrimaries TransferCharacteristics MatrixCoefficients VideoFullRangeFlag ChunkOffset ChunkOffset64 "
    "SampleSizes SampleToChunk SyncSampleTable TimeToSampleTable CompositionTimeToSample "
    "CompositionToDecodeTimelineMapping IdependentAndDisposableSamples SampleGroupDescription SampleToGroup "
    "PartialSyncSamples ShadowSyncSampleTable CompactSampleSizes BytesPerSample EncoderVersion FramesPerSample "
    "TrackNumber TrackLacing TrackDefault CodecID TrackType DisplayUnit MaxBlockAdditionID CodecPrivate TrackUID "
    "TrackLanguage DefaultDuration DisplayWidth DisplayHeight SeekPreRoll CodecDelay VideoScanType AlphaMode "
    "StereoMode TrackUsed TrackEnabled CropTop CropBottom CropLeft CropRight AspectRatioType "
    "Matroska_0x16aa Matroska_0x16bb",  # CodecDelay and SeekPreRoll, which it has no names for
}
"""By exiftool's group: how something is coded and shown, in films also where its parts lie."""

_UNKNOWN = (
    "alis avcC av1C btrt chan clli colr cslg d263 dac3 damr dec3 dfLa dOps edts enda esds fiel free gama hvcC lhvC "
    "mdcv mfra moof mvex pasp sdtp senc skip stps tfdt tfhd traf trex trun vpcC wave wide"
)
BOXES = frozenset("Unknown_" + kind for kind in _UNKNOWN.split())
"""Boxes whose inside exiftool doesn't know; `app.scrub.check` has walked through them."""

VALUES = {
    "CreateDate": "0000:00:00 00:00:00", "ModifyDate": "0000:00:00 00:00:00",
    "TrackCreateDate": "0000:00:00 00:00:00", "TrackModifyDate": "0000:00:00 00:00:00",
    "MediaCreateDate": "0000:00:00 00:00:00", "MediaModifyDate": "0000:00:00 00:00:00",
    "ProfileName": "icc", "MuxingApp": "neutral", "WritingApp": "neutral", "Vendor": "neutral",
    "Encoder": "LAME3.100", "UniqueCameraModel": "neutral", "MediaLanguageCode": "und",
}  # fmt: skip
"""Names that may only have this one value, which every copy has."""

_PLAIN = {group: frozenset(names.split()) for group, names in PLAIN.items()}
_OWN = ("ExifTool", "System", "Composite")


class NoOpinion(Exception):
    """Exiftool took too long or too much."""


class Exiftool:
    """One exiftool for many files. A context manager; for one thread."""

    def __init__(self, program: str | None = None) -> None:
        named = program or os.environ.get("EXIFTOOL") or shutil.which("exiftool")
        if not named:
            raise FileNotFoundError("exiftool is not installed")
        self._program = named
        self._running: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Exiftool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def tags(self, path: Path) -> dict[str, Any]:
        """Everything it reads, by `Group:Name`. Raises NoOpinion."""
        if self._running is None:
            self._running = subprocess.Popen(
                [self._program, "-stay_open", "True", "-@", "-"],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            resource.prlimit(self._running.pid, resource.RLIMIT_AS, (MEMORY, MEMORY))
        assert self._running.stdin and self._running.stdout
        try:
            self._running.stdin.write("\n".join([*ORDER, str(path), "-execute", ""]).encode())
            self._running.stdin.flush()
        except BrokenPipeError as error:
            self._end()
            raise NoOpinion from error
        said = b""
        while not said.rstrip().endswith(b"{ready}"):
            ready, _, _ = select.select([self._running.stdout], [], [], SECONDS)
            piece = os.read(self._running.stdout.fileno(), 1 << 16) if ready else b""
            if not piece:
                self._end()
                raise NoOpinion
            said += piece
        try:
            found: Any = json.loads(said.rsplit(b"{ready}", 1)[0].decode("utf-8", "replace"))
        except ValueError as error:
            raise NoOpinion from error
        return dict(found[0])

    def left(self, path: Path) -> list[str]:
        """What it finds in this copy that a clean copy hasn't. Raises NoOpinion."""
        return sorted(name for name, value in self.tags(path).items() if not _plain(name, value))

    def _end(self) -> None:
        if self._running is None:
            return
        self._running.kill()
        for pipe in (self._running.stdin, self._running.stdout):
            if pipe:
                pipe.close()
        self._running.wait()
        self._running = None


def _plain(name: str, value: Any) -> bool:
    group, tag = name.split(":")[0], name.split(":")[-1]  # between them "Copy1", where there are several
    if group in _OWN or tag in ("Warning", "Error") or group.startswith("ICC") or name == "SourceFile":
        return True
    if tag in VALUES:
        return str(value) == VALUES[tag]
    if tag.startswith("Unknown_") and (group == "QuickTime" or TRACK.match(group)):
        return tag in BOXES
    family = "Track" if TRACK.match(group) else "IFD" if re.fullmatch(r"IFD\d+", group) else group
    if tag == "EncoderVendor":
        return not str(value).strip("\0")
    return tag in _PLAIN.get(family, ())
